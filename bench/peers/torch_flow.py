"""What the spline flows on PyTorch share. All tensors are float32; the optimiser is torch's own fused Adam."""
import torch

from contest import CHUNK, evaluated, read_rows, read_setup, serve


def net(inputs, outputs, widths):
    """A plain net with ReLU."""
    sizes = [inputs, *widths]
    hidden = [m for i, o in zip(sizes, widths) for m in (torch.nn.Linear(i, o), torch.nn.ReLU())]
    return torch.nn.Sequential(*hidden, torch.nn.Linear(sizes[-1], outputs))


class Conditioner(torch.nn.Module):
    """The same as couplings of nflows and normflows take it, which divide logits by the root of `hidden_features`."""

    def __init__(self, inputs, outputs, widths):
        super().__init__()
        self.net = net(inputs, outputs, widths)
        self.hidden_features = widths[-1]

    def forward(self, x, context=None):
        return self.net(x)


def contest(versions, build, log_prob, draw):
    """Drives the flow build(setup) as contest.py says: log_prob(flow, rows) [rows], draw(flow, count) [count, columns]."""
    setup = read_setup({**versions, "torch": torch.__version__})
    torch.set_num_threads(setup["threads"])
    torch.manual_seed(0)
    columns, batch = setup["columns"], setup["batch"]
    flow = build(setup)
    x = torch.from_numpy(read_rows(setup["rows"], columns))
    optimizer = torch.optim.Adam(flow.parameters(), lr=setup["lr"], fused=True)

    def train(n):
        for _ in range(n):
            optimizer.zero_grad(set_to_none=True)
            loss = -log_prob(flow, x[torch.randint(len(x), (batch,))]).mean()
            loss.backward()
            optimizer.step()
        return loss.item()

    def answer_score(path, turn):
        chunks = torch.from_numpy(read_rows(path, columns)).split(CHUNK)
        with torch.no_grad():
            return evaluated(
                lambda: torch.cat([log_prob(flow, chunk) for chunk in chunks]),
                turn,
                lambda values: {"mean": float(values.double().mean())},
            )

    def answer_sample(count, seed, turn):
        torch.manual_seed(seed)
        counts = [min(CHUNK, count - i) for i in range(0, count, CHUNK)]
        with torch.no_grad():
            return evaluated(
                lambda: torch.cat([draw(flow, n) for n in counts]),
                turn,
                lambda rows: {"means": rows.double().mean(dim=0).tolist()},
            )

    serve(train, answer_score, answer_sample)
