"""The tutorial flow in eager PyTorch on the CPU, driven as contest.py says. All tensors are float32.

Kept and moved columns travel as two tensors, which spares gathers; the optimiser is torch's own fused AdamW.
"""
import torch

from contest import evaluated, read_rows, read_setup, serve

HALF_LN_2PI = 0.9189385332046727


def condition(layer, kept):
    """Scale s and shift t of the moved columns."""
    h = kept
    for w, b in zip(layer["weights"][:-1], layer["biases"][:-1]):
        h = torch.tanh(torch.addmm(b, h, w.T))
    out = torch.addmm(layer["biases"][-1], h, layer["weights"][-1].T)
    a, t = out.chunk(2, dim=1)
    bound = layer["f"].exp()
    return torch.tanh(a / bound) * bound, t


def log_prob(params, x):
    kept, moved = x[:, 0::2], x[:, 1::2]
    logdet = torch.zeros(x.shape[0])
    for layer in params:
        negatives = (kept <= 0).sum(dim=1) + (moved <= 0).sum(dim=1)
        logdet = logdet + layer["raw"] * negatives
        slope = layer["raw"].exp()
        kept = torch.where(kept > 0, kept, kept * slope)
        moved = torch.where(moved > 0, moved, moved * slope)
        s, t = condition(layer, kept)
        logdet = logdet + s.sum(dim=1)
        kept, moved = (moved + t) * s.exp(), kept
    squares = (kept * kept).sum(dim=1) + (moved * moved).sum(dim=1)
    return logdet - 0.5 * squares - x.shape[1] * HALF_LN_2PI


def inverse(params, z):
    """As many layers as `params` has, the columns having changed places after each of them."""
    even, odd = z[:, 0::2], z[:, 1::2]
    moved, kept = (odd, even) if len(params) % 2 == 1 else (even, odd)
    for layer in reversed(params):
        s, t = condition(layer, kept)
        moved = moved * (-s).exp() - t
        slope = (-layer["raw"]).exp()
        kept = torch.where(kept > 0, kept, kept * slope)
        moved = torch.where(moved > 0, moved, moved * slope)
        kept, moved = moved, kept
    x = torch.empty_like(z)
    x[:, 0::2], x[:, 1::2] = moved, kept
    return x


def read_parameters(layers):
    def parameter(values):
        return torch.tensor(values, dtype=torch.float32, requires_grad=True)

    return [
        {
            "raw": parameter(l["raw"]),
            "weights": [parameter(w) for w in l["weights"]],
            "biases": [parameter(b) for b in l["biases"]],
            "f": parameter(l["f"]),
        }
        for l in layers
    ]


def main():
    setup = read_setup({"torch": torch.__version__})
    torch.set_num_threads(setup["threads"])
    columns = setup["columns"]
    params = read_parameters(setup["layers"])
    x = torch.from_numpy(read_rows(setup["rows"], columns))
    flat = [p for l in params for p in (l["raw"], *l["weights"], *l["biases"], l["f"])]
    optimizer = torch.optim.AdamW(flat, lr=setup["lr"], eps=1e-8, weight_decay=setup["wd"], fused=True)

    def train(n):
        for _ in range(n):
            optimizer.zero_grad(set_to_none=True)
            loss = -log_prob(params, x).mean()
            loss.backward()
            optimizer.step()
        return loss.item()

    def answer_score(path, turn):
        rows = torch.from_numpy(read_rows(path, columns))
        with torch.inference_mode():
            return evaluated(lambda: log_prob(params, rows), turn, lambda v: {"mean": float(v.double().mean())})

    def answer_sample(count, seed, turn):
        torch.manual_seed(seed)
        with torch.inference_mode():
            return evaluated(
                lambda: inverse(params, torch.randn(count, columns)),
                turn,
                lambda rows: {"means": rows.double().mean(dim=0).tolist()},
            )

    serve(train, answer_score, answer_sample)


main()
