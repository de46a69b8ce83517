"""What the flows on PyTorch share in bench:fit: Adam with a constant rate, in float32."""
import torch

from contest import CHUNK, read_rows, read_setup
from fit_contest import pieces, serve_fit, train_until

LEARNING_RATE = 1e-3


def contest_fit(versions, build, log_prob):
    """Fits the flow build(columns) as fit_contest.py says: log_prob(flow, rows) [rows]."""
    setup = read_setup({**versions, "torch": torch.__version__})
    torch.set_num_threads(setup["threads"])
    torch.manual_seed(setup["seed"])
    columns, batch = setup["columns"], setup["batch"]
    x, held = (torch.from_numpy(read_rows(setup[name], columns)) for name in ("training", "validation"))
    flow = build(columns)
    optimizer = torch.optim.Adam(flow.parameters(), lr=LEARNING_RATE, fused=True)
    best = {}

    def densities(rows):
        with torch.no_grad():
            return torch.cat([log_prob(flow, chunk).double() for chunk in rows.split(CHUNK)])

    def advance(piece):
        for rows in torch.from_numpy(piece):
            optimizer.zero_grad(set_to_none=True)
            (-log_prob(flow, x[rows]).mean()).backward()
            optimizer.step()

    def keep():
        best.update({name: values.clone() for name, values in flow.state_dict().items()})

    def fit(deadline):
        steps = pieces(len(x), batch, setup["seed"], 1)
        note = train_until(deadline, steps, advance, lambda: -densities(held).mean().item(), keep)
        if best:
            flow.load_state_dict(best)
        return note

    def warm():
        (-log_prob(flow, x[:batch]).mean()).backward()
        densities(held)

    serve_fit(warm, fit, lambda path: densities(torch.from_numpy(read_rows(path, columns))).numpy())
