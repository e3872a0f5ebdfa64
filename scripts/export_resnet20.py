"""ResNet-20 for CIFAR-10 as an ONNX file that reads image files, and test images to give it.

`python scripts/export_resnet20.py WEIGHTS.safetensors TEST_BATCH.bin[.gz] [FOLDER]` writes FOLDER/resnet20.onnx and
FOLDER/images/CLASS/NNNN.bmp (32-bit BMP, 4150 bytes each); FOLDER is pipelines/made/resnet20 unless it is given.
Weights: akamaster/pytorch_resnet_cifar10, resnet20, with the names of its state_dict. Images: the CIFAR binary layout.
The file takes the bytes of a BMP as int32 [example, 4150]: cutting off the header, turning rows and colours, and the scaling of
training are part of it, as they are in a deployed classifier. Needs torch 2.13, safetensors and onnx 1.18.
"""

import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
HEADER = 54
SIDE = 32


class Block(nn.Module):
    """Two convolutions and the input added; where the width grows, the input is thinned out and padded with zeros."""

    def __init__(self, before, after, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.grows = stride != 1 or before != after
        self.side = after // 4

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.grows:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.side, self.side))
        return F.relu(y + x)


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        widths = [16, 16, 32, 64]
        for stage in (1, 2, 3):
            before, after = widths[stage - 1], widths[stage]
            first = Block(before, after, 1 if stage == 1 else 2)
            setattr(self, f"layer{stage}", nn.Sequential(first, Block(after, after, 1), Block(after, after, 1)))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(x.mean((2, 3)))


class FromBmp(nn.Module):
    """Rows lie bottom up, and a pixel is blue, green, red, alpha."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def forward(self, file):
        pixels = file[:, HEADER:].to(torch.float32).reshape(-1, SIDE, SIDE, 4)
        colours = pixels[:, :, :, :3].permute(0, 3, 1, 2)
        image = torch.flip(colours, (1, 2)) / 255
        return self.model((image - self.mean) / self.std)


def bmp(image):
    """`image`: uint8 [3, 32, 32], red first, top row first. Alpha is 255, so that no file ends in white space."""
    pixels = np.full((SIDE, SIDE, 4), 255, np.uint8)
    pixels[:, :, :3] = image[::-1].transpose(1, 2, 0)
    body = pixels[::-1].tobytes()
    head = struct.pack("<2sIHHI", b"BM", HEADER + len(body), 0, 0, HEADER)
    return head + struct.pack("<IiiHHIIiiII", 40, SIDE, SIDE, 1, 32, 0, len(body), 2835, 2835, 0, 0) + body


def main(weights, batch, folder="pipelines/made/resnet20"):
    model = ResNet20()
    model.load_state_dict(load_file(weights), strict=False)
    model.eval()
    folder = Path(folder)
    raw = gzip.open(batch).read() if batch.endswith(".gz") else Path(batch).read_bytes()
    rows = np.frombuffer(raw, np.uint8).reshape(-1, 3073)
    files = []
    for number, row in enumerate(rows):
        place = folder / "images" / CLASSES[row[0]]
        place.mkdir(parents=True, exist_ok=True)
        files.append(bmp(row[1:].reshape(3, SIDE, SIDE)))
        (place / f"{number:04d}.bmp").write_bytes(files[-1])
    whole = FromBmp(model).eval()
    given = torch.from_numpy(np.stack([np.frombuffer(file, np.uint8) for file in files]).astype(np.int32))
    with torch.no_grad():
        right = (whole(given).argmax(1).numpy() == rows[:, 0]).mean()
    print(f"{len(rows)} images, {100 * right:.2f} % right")
    torch.onnx.export(whole, (given[:2],), str(folder / "resnet20.onnx"), input_names=["file"], output_names=["logits"],
                      dynamic_axes={"file": {0: "batch"}}, opset_version=17, dynamo=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
