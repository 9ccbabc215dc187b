"""Makes the fixtures of ImagesTests beside this file: made pictures only. Needs numpy and Pillow (made with 13.0.0).

  python recipe.py

A .rgb file is raw: [height, width, 3] bytes, what Pillow decodes or resizes the file of the same name to.
"""
import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).parent
W, H = 40, 24
STRIPS = [
    (255, 435), (255, 319), (340, 444), (365, 415), (225, 825), (126, 188), (63, 89), (93, 117), (43, 64), (31, 39), (15, 55),
    (3, 47), (170, 298), (196, 1540), (1, 9), (2, 1), (500, 341), (375, 256), (2000, 256), (1999, 31), (612, 75),
]


def scene(width=W, height=H):
    """Smooth colours, a disc and a corner mark: no symmetry, so every orientation differs."""
    y, x = np.mgrid[0:height, 0:width].astype(float)
    picture = np.stack([255 * x / width, 255 * y / height, 255 * (1 - x / width)], -1)
    picture[(x - width * 0.7) ** 2 + (y - height * 0.4) ** 2 < (height / 5) ** 2] = (250, 220, 30)
    picture[: height // 4, : width // 4] = (10, 200, 60)
    return picture.round().astype(np.uint8)


def raw(name, picture):
    (HERE / f"{name}.rgb").write_bytes(np.asarray(picture.convert("RGB")).tobytes())


def jpeg(name, picture, expected=None, **options):
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=92, **options)
    write_jpeg(name, data.getvalue(), expected)
    return data.getvalue()


def write_jpeg(name, data, expected=None):
    (HERE / f"{name}.jpg").write_bytes(data)
    raw(name, expected or ImageOps.exif_transpose(Image.open(io.BytesIO(data))))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, samples, depth, colour, expected):
    """A PNG file by hand: Pillow can't write every kind."""
    height, width = samples.shape[:2]
    rows = b"".join(b"\0" + samples[y].astype(">u2" if depth == 16 else "u1").tobytes() for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    (HERE / f"{name}.png").write_bytes(data)
    raw(name, Image.fromarray(expected))


def main():
    base = Image.fromarray(scene())
    for name, subsampling in [("chroma444", 0), ("chroma422", 1), ("chroma420", 2)]:
        jpeg(name, base, subsampling=subsampling)
    jpeg("progressive", base, progressive=True, subsampling=2)
    jpeg("grey", base.convert("L"))

    for orientation in range(1, 9):
        # Stored so that turning it upright gives the scene again.
        undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose
        stored = base if orientation == 1 else base.transpose(undo[orientation])
        exif = Image.Exif()
        exif[0x0112] = orientation
        jpeg(f"orientation{orientation}", stored, subsampling=0, exif=exif)

    # CMYK: Pillow writes Adobe's marker and inverted inks.
    cmyk = base.convert("CMYK")
    adobe = jpeg("cmyk-adobe", cmyk)
    # The same inks without the marker and not inverted.
    start = adobe.index(b"\xff\xee")
    length = struct.unpack(">H", adobe[start + 2:start + 4])[0]
    plain = jpeg("cmyk-plain", Image.fromarray(255 - np.asarray(cmyk), "CMYK"))
    start = plain.index(b"\xff\xee")
    expected = Image.open(HERE / "cmyk-adobe.jpg")
    write_jpeg("cmyk-plain", plain[:start] + plain[start + 2 + length:], expected)
    # YCCK: Y, Cb, Cr of 255 − the stored inks; Pillow stores 255 − what it is given; the marker's transform byte is 2.
    inks = np.asarray(cmyk)
    ycc = 255 - np.asarray(Image.fromarray(inks[..., :3], "RGB").convert("YCbCr"))
    data = bytearray(jpeg("ycck", Image.fromarray(np.dstack([ycc, inks[..., 3]]), "CMYK")))
    data[data.index(b"Adobe") + 11] = 2
    write_jpeg("ycck", bytes(data))

    rgb = scene()
    png("png-rgb8", rgb, 8, 2, rgb)
    png("png-rgb16", rgb.astype(int) * 257, 16, 2, rgb)
    grey = rgb[..., 0]
    png("png-grey8", grey, 8, 0, np.dstack([grey] * 3))
    png("png-grey16", grey.astype(int) * 257, 16, 0, np.dstack([grey] * 3))
    # Wholly opaque on the left, wholly transparent on the right: white, in whichever light the two are mixed.
    alpha = np.where(np.arange(W) < W // 2, 255, 0)[None, :].repeat(H, 0).astype(np.uint8)
    over_white = np.where(alpha[..., None] == 255, rgb, 255).astype(np.uint8)
    png("png-rgba8", np.dstack([rgb, alpha]), 8, 6, over_white)
    palette = base.quantize(16)
    palette.save(HERE / "png-palette.png", optimize=True)
    raw("png-palette", palette)
    Image.fromarray(grey > 120).save(HERE / "png-grey1.png")
    raw("png-grey1", Image.fromarray(grey > 120))

    noise = np.random.default_rng(7).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    noise[:24] = scene(64, 24)
    Image.fromarray(noise).save(HERE / "resize-source.png")
    raw("resize-source", Image.fromarray(noise))
    for width, height in [(32, 24), (37, 29), (64, 20), (20, 48), (80, 60), (7, 5), (1, 1), (63, 47)]:
        raw(f"resize-{width}x{height}", Image.fromarray(noise).resize((width, height), Image.Resampling.BILINEAR))

    # One row of noise for each pair of sizes, one after another: ResamplingTests makes the same noise.
    with open(HERE / "resize-strips.rgb", "wb") as strips:
        for width, new_width in STRIPS:
            values = (np.arange(width * 3, dtype=np.uint64) * 2_654_435_761 % (1 << 32) >> 24).astype(np.uint8)
            row = Image.fromarray(values.reshape(1, width, 3))
            strips.write(np.asarray(row.resize((new_width, 1), Image.Resampling.BILINEAR)).tobytes())


if __name__ == "__main__":
    main()
