"""Granary's datasets in Python: pull them, look through them, upload them.

    import granary
    granary.pull("street@prod", "./street", format="yolo")
    for image in granary.annotations("street", query="class:car"):
        print(image["path"], len(image["annotations"]))

Nothing but the standard library is needed (Python 3.9 or newer): install it with pip, or copy this file. GRANARY_URL says
where Granary is, GRANARY_API_KEY is a key of yours; both can be given to each call, too, as ``url`` and ``api_key``.
"""

import base64
import concurrent.futures
import hashlib
import json
import os
import re
import shutil
import tarfile
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

__version__ = "0.1.0"
__all__ = ["Client", "GranaryError", "pull", "images", "annotations", "upload", "torch_dataset"]

_TIMEOUT_SECONDS = 60
_RETRIES = 6
_CHUNK_BYTES = 1024 * 1024
_UPLOAD_CHUNK_BYTES = 32 * 1024 * 1024
# Formats that have the images in their files.
_PACKED = ("webdataset", "parquet")
_ARCHIVE = re.compile(r"\.(zip|tar|tar\.(gz|bz2|xz|zst)|tgz|tbz2?|txz)$", re.IGNORECASE)


class GranaryError(Exception):
    """What Granary answered to a call that failed: ``code``, ``status`` and, where there is one, a ``hint``."""

    def __init__(self, message: str, code: Optional[str] = None, status: Optional[int] = None, hint: Optional[str] = None):
        super().__init__(message if hint is None else f"{message} {hint}")
        self.code = code
        self.status = status
        self.hint = hint


def pull(dataset: str, dir: Optional[str] = None, **options: Any) -> Dict[str, Any]:
    """Makes a folder what a version of a dataset is; see :meth:`Client.pull`."""
    return _client(options).pull(dataset, dir, **options)


def annotations(dataset: str, **options: Any) -> Iterator[Dict[str, Any]]:
    """All images with what is on them; see :meth:`Client.annotations`."""
    return _client(options).annotations(dataset, **options)


def images(dataset: str, **options: Any) -> Iterator[Dict[str, Any]]:
    """The same with each image's content on this disk; see :meth:`Client.images`."""
    return _client(options).images(dataset, **options)


def upload(path: str, name: Optional[str] = None, **options: Any) -> Dict[str, Any]:
    """Uploads a folder, an archive or a file, and imports it; see :meth:`Client.upload`."""
    return _client(options).upload(path, name, **options)


def torch_dataset(dataset: str, transform: Optional[Callable[[Any, Dict[str, Any]], Any]] = None, **options: Any) -> Any:
    """A ``torch.utils.data.Dataset`` of the images (as PIL has them) and what is on them. Needs torch and Pillow."""
    from PIL import Image
    from torch.utils.data import Dataset

    items = list(images(dataset, **options))

    class Images(Dataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return len(items)

        def __getitem__(self, index: int) -> Any:
            picture = Image.open(items[index]["file"]).convert("RGB")
            return transform(picture, items[index]) if transform else (picture, items[index])

    return Images()


def _client(options: Dict[str, Any]) -> "Client":
    return Client(options.pop("url", None), options.pop("api_key", None))


class Client:
    """Calls of one Granary, with one key."""

    def __init__(self, url: Optional[str] = None, api_key: Optional[str] = None):
        url = url or os.environ.get("GRANARY_URL")
        if not url:
            raise GranaryError("Where is Granary? Give url, or set GRANARY_URL.")
        self.url = url.rstrip("/")
        self._key = api_key or os.environ.get("GRANARY_API_KEY")

    def annotations(
        self, dataset: str, split: Optional[str] = None, query: Optional[str] = None
    ) -> Iterator[Dict[str, Any]]:
        """All images of ``name@version`` with their annotations, in the order of their paths, as they arrive."""
        named, ref = _ref_of(dataset)
        path = f"/datasets/{_quoted(self.dataset(named)['id'])}/annotations"
        with self._open(self._api(path, version=ref, split=split, q=query)) as answer:
            for line in answer:
                yield json.loads(line)

    def images(
        self,
        dataset: str,
        split: Optional[str] = None,
        query: Optional[str] = None,
        jobs: int = 16,
        cache: Optional[str] = None,
    ) -> Iterator[Dict[str, Any]]:
        """The same, each with ``file``: where its content is on this disk, compared with its SHA-256."""
        content = _Cache(self, cache)
        waiting: List[Tuple[Dict[str, Any], "concurrent.futures.Future[int]"]] = []
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for image in self.annotations(dataset, split, query):
                wanted = {"path": image["path"], "sha256": image["sha256"], "size": None, "url": image["url"]}
                waiting.append((image, pool.submit(content.fetch, wanted)))
                if len(waiting) > 2 * jobs:
                    yield content.placed(waiting.pop(0))
            while waiting:
                yield content.placed(waiting.pop(0))

    def pull(
        self,
        dataset: str,
        dir: Optional[str] = None,
        format: Optional[str] = None,
        split: Optional[str] = None,
        query: Optional[str] = None,
        jobs: int = 16,
        link: str = "copy",
        delete: bool = False,
        cache: Optional[str] = None,
        progress: Optional[Callable[[int, int], None]] = None,
    ) -> Dict[str, Any]:
        """Makes a folder what ``name@version`` of a dataset is, as the files are or written in a format.

        Only what neither the folder nor the cache of this machine has is fetched, and each file is compared with its
        SHA-256. The folder is as before, or whole. ``progress`` is told the bytes that are done, and of how many.
        """
        named, ref = _ref_of(dataset)
        found = self.dataset(named)
        folder = _Folder(Path(dir or found["name"].replace("/", "_")))
        known = {
            "url": self.url,
            "datasetId": found["id"],
            # Written as the command line writes it, so that either goes on with what the other has pulled.
            "asked": json.dumps([format, split, query], separators=(",", ":"), ensure_ascii=False),
        }
        is_same = folder.state is not None and all(folder.state.get(name) == value for name, value in known.items())
        manifest = f"/datasets/{_quoted(found['id'])}/manifest"
        etag, is_unchanged = self._etag(
            self._api(manifest, version=ref, split=split, q=query, format="sha256sum"),
            folder.state["etag"] if is_same and folder.state else None,
        )
        revision = int(re.search(r"r(\d+)", etag).group(1))  # type: ignore[union-attr]
        pulled = {"datasetId": found["id"], "name": found["name"], "dir": str(folder.dir), "revision": revision}
        if is_same and folder.state and is_unchanged and folder.is_whole():
            sums = {"files": folder.state["files"], "bytes": folder.state["bytes"]}
            return {**pulled, **sums, "fetchedFiles": 0, "fetchedBytes": 0, "isUnchanged": True}
        content = _Cache(self, cache)
        folder.begin()
        try:
            with self._open(self._api(manifest, version=f"r{revision}", split=split, q=query)) as answer:
                targets = [json.loads(line) for line in answer]
            if format and format != "original":
                targets = self._written(content, folder, found["id"], revision, format, split, query, targets)
            total = sum(target["size"] for target in targets)
            fetched = {"fetchedFiles": 0, "fetchedBytes": 0}
            done = 0
            with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
                for target, came in zip(targets, pool.map(content.fetch, targets)):
                    fetched["fetchedFiles"] += came > 0
                    fetched["fetchedBytes"] += came
                    folder.put(target["path"], target["sha256"], lambda to: content.place(target["sha256"], to, link))
                    done += target["size"]
                    if progress:
                        progress(done, total)
            folder.keep_others(delete)
            sums = folder.sums()
            folder.replace({**known, "revision": revision, "etag": etag, **sums})
        except BaseException:
            folder.abandon()
            raise
        return {**pulled, **sums, **fetched, "isUnchanged": False}

    def _written(
        self,
        content: "_Cache",
        folder: "_Folder",
        dataset_id: str,
        revision: int,
        format: str,
        split: Optional[str],
        query: Optional[str],
        lines: List[Dict[str, Any]],
    ) -> List[Dict[str, Any]]:
        """Lets Granary write the labels; images are those of the tree. Returns which one goes where."""
        asked: Dict[str, Any] = {"format": format, "version": f"r{revision}", "container": "tar"}
        asked["images"] = format in _PACKED
        if split:
            asked["splits"] = [split]
        if query:
            asked["q"] = query
        started = self._call("POST", f"/datasets/{_quoted(dataset_id)}/exports", asked)
        self.wait_for_job(started["jobId"])
        made = self._call("GET", f"/exports/{started['exportId']}")
        url = self._api(f"/exports/{made['id']}/content")
        content.fetch({"path": made["filename"], "sha256": made["sha256"], "size": made["sizeBytes"], "url": url})
        urls = {line["path"]: line["url"] for line in lines}
        targets: List[Dict[str, Any]] = []
        with tarfile.open(content.path_of(made["sha256"])) as archive:
            for entry in archive:
                stream = archive.extractfile(entry)
                if stream is None:
                    continue
                if entry.name == "images.jsonl":
                    targets = [json.loads(line) for line in stream]
                    continue

                def write(to: Path) -> None:
                    with open(to, "wb") as file:
                        shutil.copyfileobj(stream, file)

                folder.put(entry.name, "", write)
        return [{**target, "url": urls[target["source"]]} for target in targets]

    def upload(
        self,
        path: str,
        name: Optional[str] = None,
        dataset: Optional[str] = None,
        on_conflict: str = "replace",
        wait: bool = True,
    ) -> Dict[str, Any]:
        """Uploads a folder, an archive or a file, and imports it into a dataset: that id, or a new one of that name.

        Returns the dataset, with ``jobId`` and ``importId``; by then it is imported, unless ``wait`` is false.
        """
        source = Path(path)
        if dataset is None:
            called = name or _ARCHIVE.sub("", source.resolve().name)
            dataset = self._call("POST", "/datasets", {"name": called})["id"]
        with tempfile.TemporaryDirectory() as scratch:
            packed = source
            if source.is_dir():
                packed = Path(scratch) / f"{source.resolve().name}.tar"
                with tarfile.open(packed, "w") as archive:
                    archive.add(source, arcname=source.resolve().name)
            kind = "archive" if _ARCHIVE.search(packed.name) else "file"
            upload_id = self._send(dataset, packed, kind)
        started = self._call(
            "POST", f"/datasets/{_quoted(dataset)}/imports", {"uploadIds": [upload_id], "onConflict": on_conflict}
        )
        if wait:
            self.wait_for_job(started["jobId"])
        return {**self.dataset(dataset), **started}

    def _send(self, dataset_id: str, source: Path, kind: str) -> str:
        """One upload by tus 1.0; it goes on where it was cut off."""
        size = source.stat().st_size
        about = {"datasetId": dataset_id, "filename": source.name, "kind": kind}
        metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in about.items())
        headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": metadata}
        with self._open(f"{self.url}/uploads", "POST", headers=headers) as answer:
            url = urllib.parse.urljoin(f"{self.url}/uploads", answer.headers["Location"])
        offset, left = 0, _RETRIES
        with open(source, "rb") as file:
            while offset < size:
                file.seek(offset)
                part = {
                    "Tus-Resumable": "1.0.0",
                    "Upload-Offset": str(offset),
                    "Content-Type": "application/offset+octet-stream",
                }
                try:
                    with self._open(url, "PATCH", file.read(_UPLOAD_CHUNK_BYTES), part) as answer:
                        offset, left = int(answer.headers["Upload-Offset"]), _RETRIES
                except (OSError, GranaryError) as error:
                    if isinstance(error, GranaryError) and error.status and error.status not in (409, 423, 429):
                        raise
                    left -= 1
                    if left == 0:
                        raise
                    time.sleep(0.2 * 2 ** (_RETRIES - left))
                    with self._open(url, "HEAD", headers={"Tus-Resumable": "1.0.0"}) as answer:
                        offset = int(answer.headers["Upload-Offset"])
        return url.rsplit("/", 1)[-1]

    def dataset(self, named: str) -> Dict[str, Any]:
        """A dataset by its id, or by its name where only one that you can see has it."""
        try:
            return self._call("GET", f"/datasets/{_quoted(named)}")
        except GranaryError as error:
            if error.status != 404:
                raise
            listed = self._call("GET", f"/datasets?{urllib.parse.urlencode({'search': named, 'limit': 100})}")
            found = [item for item in listed["items"] if item["name"] == named]
            if len(found) == 1:
                return found[0]
            if not found:
                raise
            ids = ", ".join(item["id"] for item in found)
            raise GranaryError(f'Several datasets are called "{named}". Name one by its id: {ids}') from error

    def wait_for_job(self, job_id: str) -> Dict[str, Any]:
        """The job, completed. Raises GranaryError when it failed or was cancelled."""
        while True:
            job = self._call("GET", f"/jobs/{job_id}")
            if job["state"] == "completed":
                return job
            if job["state"] not in ("queued", "running"):
                error = job["error"] or {"code": job["state"], "message": f"The job was {job['state']}."}
                raise GranaryError(error["message"], error["code"])
            time.sleep(0.5)

    def _api(self, path: str, **query: Optional[str]) -> str:
        given = urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})
        return f"{self.url}/api/v1{path}{'?' + given if given else ''}"

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        with self._open(self._api(path), method, data, headers) as answer:
            return json.load(answer)

    def _etag(self, url: str, known: Optional[str]) -> Tuple[str, bool]:
        try:
            with self._open(url, headers={"If-None-Match": known} if known else {}) as answer:
                return answer.headers["ETag"], False
        except GranaryError as error:
            if error.status == 304 and known:
                return known, True
            raise

    def _open(self, url: str, method: str = "GET", data: Optional[bytes] = None, headers: Optional[Dict[str, str]] = None) -> Any:
        request = urllib.request.Request(url, data, headers or {}, method=method)
        if self._key and url.startswith(f"{self.url}/"):
            # Not for the store that an answer leads to.
            request.add_unredirected_header("Authorization", f"Bearer {self._key}")
        for left in range(_RETRIES, -1, -1):
            try:
                return urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
            except urllib.error.HTTPError as error:
                if error.code == 429 and left > 0:
                    time.sleep(float(error.headers.get("Retry-After") or 5))
                    continue
                raise _error_of(error) from error
        raise GranaryError("Granary asked to wait too often.", "too_many_requests", 429)


def _error_of(error: urllib.error.HTTPError) -> GranaryError:
    try:
        body = json.loads(error.read())
        return GranaryError(body["message"], body["code"], error.code, body.get("hint"))
    except (ValueError, KeyError, TypeError):
        return GranaryError(f"The answer has the status {error.code}.", None, error.code)


def _quoted(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _ref_of(dataset: str) -> Tuple[str, str]:
    """``street@prod`` as a dataset and a version; without one, the draft."""
    named, _, ref = dataset.rpartition("@")
    return (named, ref) if named else (dataset, "draft")


class _Cache:
    """Content by its SHA-256, shared by all datasets, versions and formats, and with the command line."""

    def __init__(self, client: Client, folder: Optional[str]):
        self._folder = Path(folder or os.environ.get("GRANARY_CACHE_DIR") or Path.home() / ".cache" / "granary")
        self._client = client

    def path_of(self, sha256: str) -> Path:
        return self._folder / "sha256" / sha256[:2] / sha256

    def placed(self, fetched: Tuple[Dict[str, Any], "concurrent.futures.Future[int]"]) -> Dict[str, Any]:
        image, coming = fetched
        coming.result()
        return {**image, "file": str(self.path_of(image["sha256"]))}

    def fetch(self, wanted: Dict[str, Any]) -> int:
        """Fetches what is not here; what was cut off goes on in the middle. Returns how many bytes came."""
        target = self.path_of(wanted["sha256"])
        if target.exists() and wanted["size"] in (None, target.stat().st_size):
            return 0
        incoming = self._folder / "incoming" / wanted["sha256"][:2]
        incoming.mkdir(parents=True, exist_ok=True)
        # Of this thread alone: two datasets may have the same content.
        handle, name = tempfile.mkstemp(prefix=f"{wanted['sha256']}.py-", dir=incoming)
        partial = Path(name)
        digest = hashlib.sha256()
        received, left = 0, _RETRIES
        try:
            with os.fdopen(handle, "wb") as file:
                while True:
                    try:
                        headers = {"Range": f"bytes={received}-"} if received else {}
                        with self._client._open(wanted["url"], headers=headers) as answer:
                            for chunk in iter(lambda: answer.read(_CHUNK_BYTES), b""):
                                digest.update(chunk)
                                file.write(chunk)
                                received += len(chunk)
                            left_over = getattr(answer, "length", None)
                        if not left_over:
                            break
                        raise OSError(f"{wanted['path']} was cut off")
                    except OSError:
                        left -= 1
                        if left == 0:
                            raise
                        time.sleep(0.2 * 2 ** (_RETRIES - left))
            if digest.hexdigest() != wanted["sha256"]:
                raise GranaryError(f"{wanted['path']} came with other content than its SHA-256 says. Pull again.")
            target.parent.mkdir(parents=True, exist_ok=True)
            partial.chmod(0o444)
            partial.replace(target)
            return received
        finally:
            partial.unlink(missing_ok=True)

    def place(self, sha256: str, target: Path, link: str) -> None:
        if link == "hard":
            try:
                os.link(self.path_of(sha256), target)
                return
            except OSError:
                pass  # On another disk there are no links.
        shutil.copyfile(self.path_of(sha256), target)


class _Folder:
    """A folder that was pulled, or is to be: a new one is built beside it and takes its place."""

    def __init__(self, path: Path):
        self.dir = path.resolve()
        self._new = self.dir.with_name(f".{self.dir.name}.granary-new")
        self._old = self.dir.with_name(f".{self.dir.name}.granary-old")
        if self._old.exists():
            if self.dir.exists():
                shutil.rmtree(self._old)
            else:
                self._old.rename(self.dir)
        self.state: Optional[Dict[str, Any]] = None
        self._placed: Dict[str, Dict[str, Any]] = {}
        self._paths: Dict[str, Dict[str, Any]] = {}
        try:
            self.state = json.loads((self.dir / ".granary" / "pull.json").read_text())
            with open(self.dir / ".granary" / "files.jsonl") as lines:
                for line in lines:
                    file = json.loads(line)
                    self._placed[file["path"]] = file
        except FileNotFoundError:
            if self.dir.exists() and any(self.dir.iterdir()):
                raise GranaryError(
                    f"{self.dir} has content that no pull has put there. Name another folder, or a new one."
                ) from None

    def is_whole(self) -> bool:
        return all(self._is_as_placed(file) for file in self._placed.values())

    def _is_as_placed(self, file: Dict[str, Any]) -> bool:
        try:
            found = os.lstat(self.dir / file["path"])
        except FileNotFoundError:
            return False
        return found.st_size == file["size"] and found.st_mtime_ns // 1_000_000 == file["mtimeMs"]

    def begin(self) -> None:
        shutil.rmtree(self._new, ignore_errors=True)
        (self._new / ".granary").mkdir(parents=True)

    def put(self, path: str, sha256: str, place: Callable[[Path], None]) -> None:
        target = self._target(path)
        place(target)
        found = os.lstat(target)
        times = {"size": found.st_size, "mtimeMs": found.st_mtime_ns // 1_000_000}
        self._paths[path] = {"path": path, "sha256": sha256, **times}

    def _target(self, path: str) -> Path:
        parts = path.split("/")
        if path.startswith("/") or ".." in parts or parts[0] == ".granary":
            raise GranaryError(f"{path} is no path for a file.")
        target = self._new.joinpath(*parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def keep_others(self, is_deleting: bool) -> None:
        """What somebody else has put into the folder stays, unless told otherwise."""
        if is_deleting or not self.dir.exists():
            return
        for parent, _, names in os.walk(self.dir):
            for name in names:
                source = Path(parent) / name
                path = source.relative_to(self.dir).as_posix()
                if path.startswith(".granary/") or path in self._paths or path in self._placed:
                    continue
                os.link(source, self._target(path), follow_symlinks=False)

    def sums(self) -> Dict[str, int]:
        return {"files": len(self._paths), "bytes": sum(file["size"] for file in self._paths.values())}

    def replace(self, state: Dict[str, Any]) -> None:
        own = self._new / ".granary"
        (own / "files.jsonl").write_text("".join(f"{json.dumps(file)}\n" for file in self._paths.values()))
        (own / "pull.json").write_text(json.dumps(state))
        if self.dir.exists():
            self.dir.rename(self._old)
        self._new.rename(self.dir)
        shutil.rmtree(self._old, ignore_errors=True)

    def abandon(self) -> None:
        shutil.rmtree(self._new, ignore_errors=True)
