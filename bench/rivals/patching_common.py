"""What the rivals of the patching benchmark share: the task, the conversation with the parent, and the model of transformers.

A rival is started as `rival.py TASK.json`. It says one line when its model is loaded, and one line for each run it is asked for.
"""

import json
import os
import resource
import sys
import time

START = time.perf_counter()

import torch  # noqa: E402  (its import is part of what is timed)


class Task:
    """The rows as tensors, the sweep, and where the model is."""

    def __init__(self, path):
        with open(path) as file:
            given = json.load(file)
        self.sweep = given["sweep"]
        self.model = given["model"]
        rows = given["rows"]
        self.tokens = torch.tensor(rows["tokens"])
        self.partner = torch.tensor(rows["partner"])
        self.reference = torch.tensor(rows["reference"])
        self.right = torch.tensor(rows["right"])
        self.wrong = torch.tensor(rows["wrong"])
        self.prompts, self.length = self.tokens.shape
        torch.set_num_threads(given["threads"])
        torch.set_grad_enabled(False)

    def logit_difference(self, logits):
        """Per prompt, at the last position."""
        last = logits[:, -1]
        rows = torch.arange(self.prompts)
        return last[rows, self.right] - last[rows, self.wrong]

    def members(self, layers, heads):
        """[layer, head] of each member in the family's order; [layer, position] for the residual stream."""
        second = self.length if self.sweep == "b" else heads
        return [(layer, other) for layer in range(layers) for other in range(second)]

    def hugging_face(self):
        """The model as transformers loads it."""
        os.environ["HF_HUB_OFFLINE"] = "1"
        from transformers import AutoModelForCausalLM

        folder, file = self.model["folder"], self.model["gguf"]
        options = {} if file is None else {"gguf_file": file}
        return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options).eval()


def serve(version, run):
    """`run(members)` gives the seconds spent on what members share, and per member a tensor of one number a prompt."""
    say({"kind": "ready", "version": version, "creationSeconds": time.perf_counter() - START})
    for line in sys.stdin:
        asked = json.loads(line)
        cpu = cpu_seconds()
        start = time.perf_counter()
        shared, values = run(asked["members"])
        end = time.perf_counter()
        say(
            {
                "kind": "ran",
                "sharedSeconds": shared,
                "memberSeconds": end - start - shared,
                "cpuSeconds": cpu_seconds() - cpu,
                "values": torch.stack([one.flatten() for one in values]).tolist(),
                "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def say(what):
    print(json.dumps(what), flush=True)
