"""The process that unpacks one HEIC picture: it may use so much memory and time, and ends.

It reads the file from its input and writes the pixels of the first picture, upright and made small: a line `width height`,
then three bytes for each. It is run as a script, isolated, and knows nothing of us. A file that says it has too many pixels
is refused before anything is unpacked (answer 3); libheif itself refuses a stream that is larger than its file says.
"""

from __future__ import annotations

import io
import resource
import sys

MOST_PIXELS, SIDE, MEMORY, SECONDS = (int(each) for each in sys.argv[1:5])
TOO_MANY, BROKEN, LARGE = 3, 4, 5


def main() -> int:
    """Return 0, or why there is no picture."""
    import pillow_heif
    from PIL import Image

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    Image.MAX_IMAGE_PIXELS = None  # judged below, by our own limit
    options = pillow_heif.options
    options.THUMBNAILS, options.DEPTH_IMAGES, options.AUX_IMAGES, options.DECODE_THREADS = False, False, False, 1
    pillow_heif.register_heif_opener()
    try:
        with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=("HEIF",)) as image:
            if image.width * image.height > MOST_PIXELS or max(image.size) > 50 * min(image.size):
                return TOO_MANY
            image.load()
            image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
            solid = image.convert("RGBA") if image.mode in ("RGBA", "LA") else image.convert("RGB")
            clean = Image.new("RGB", solid.size, "white")
            clean.paste(solid, mask=solid if solid.mode == "RGBA" else None)
    except MemoryError:
        return LARGE
    except Exception:  # noqa: BLE001 -- the decoder raises nearly everything over a broken file
        return BROKEN
    sys.stdout.buffer.write(f"{clean.width} {clean.height}\n".encode())
    sys.stdout.buffer.write(clean.tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main())
