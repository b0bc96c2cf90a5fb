"""ECR hands out layers, which moto does not know: they lie in a bucket beside it."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse

from . import LAYERS


def add() -> None:
    """Answer GetDownloadUrlForLayer."""

    def get_download_url_for_layer(self: ECRResponse) -> ActionResult:
        digest = self._get_param("layerDigest")
        place = self.uri.split("://")[1].split("/")[0] if "://" in self.uri else self.headers["host"]
        return ActionResult({"downloadUrl": f"http://{place}/{LAYERS}/{digest}", "layerDigest": digest})

    ECRResponse.get_download_url_for_layer = get_download_url_for_layer  # type: ignore[method-assign,assignment]
