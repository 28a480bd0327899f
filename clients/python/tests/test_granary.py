"""Run by tests/integration/getting-out.test.ts against a Granary that has the dataset "street" with the tag "prod"."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import granary  # noqa: E402


class PullTest(unittest.TestCase):
    def setUp(self) -> None:
        self._scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self._scratch.cleanup)
        self.folder = Path(self._scratch.name)
        os.environ["GRANARY_CACHE_DIR"] = str(self.folder / "cache")

    def test_annotations_and_images(self) -> None:
        lines = list(granary.annotations("street@prod", split="val"))
        self.assertEqual(len(lines), 2)
        self.assertTrue(all(line["annotations"] for line in lines))
        pictures = list(granary.images("street@prod", query="class:cat"))
        self.assertGreater(len(pictures), 0)
        for image in pictures:
            self.assertTrue(Path(image["file"]).read_bytes().startswith(b"\x89PNG"))

    def test_pull(self) -> None:
        dir = self.folder / "street"
        first = granary.pull("street@prod", str(dir))
        self.assertEqual(first["files"], 20)
        # Files of the same content are one.
        self.assertLess(0, first["fetchedFiles"])
        again = granary.pull("street@prod", str(dir))
        self.assertTrue(again["isUnchanged"])
        (dir / "data.yaml").write_text("broken")
        (dir / "mine.txt").write_text("mine")
        mended = granary.pull("street@prod", str(dir))
        self.assertEqual(mended["fetchedFiles"], 0)
        self.assertIn("names", (dir / "data.yaml").read_text())
        self.assertEqual((dir / "mine.txt").read_text(), "mine")
        yolo = granary.pull("street@prod", str(self.folder / "yolo"), format="yolo")
        self.assertEqual((yolo["files"], yolo["fetchedFiles"]), (23, 0))
        self.assertIn("path: .", (self.folder / "yolo" / "data.yaml").read_text())

    def test_upload(self) -> None:
        dir = self.folder / "sent"
        granary.pull("street@prod", str(dir))
        made = granary.upload(str(dir), "sent by Python")
        self.assertEqual((made["numImages"], made["format"]), (10, "yolo"))

    def test_errors(self) -> None:
        with self.assertRaises(granary.GranaryError) as raised:
            granary.pull("nothing of this name", str(self.folder / "x"))
        self.assertEqual((raised.exception.code, raised.exception.status), ("not_found", 404))


if __name__ == "__main__":
    unittest.main()
