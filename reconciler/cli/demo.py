"""``demo``: the whole tour on the emulator, every command printed so that it can be repeated."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import click

from reconciler.cli.tour import TOKEN, USERS, Tour, emulator
from reconciler.errors import ReconcilerError

API = "api/v2"
DATA = "models/churn/data/customers.csv"
PROGRAM = "models/churn/custom.py"
SCORE = "def score(data, model, positive_class_label, negative_class_label, **kwargs):\n"
HERE = Path(__file__).resolve()
EXAMPLES = (HERE.parents[2] / "examples", HERE.parents[1] / "examples")
REGISTERED = {
    "name": "cost",
    "ml_repo": "claims",
    "version_alias": "v1",
    "metadata": {"metrics": {"r2": 0.87}},
    "source": {"type": "truefoundry"},
    "framework": {"type": "sklearn"},
}


@click.command()
def demo() -> None:
    """Show plan, apply, drift and repair on the emulator."""
    with tempfile.TemporaryDirectory(prefix="reconciler-demo-") as folder:
        for name, tour in (("manifests", Manifests), ("all-kinds", AllKinds)):
            project = Path(folder) / name
            shutil.copytree(_examples() / name, project)
            with emulator() as url:
                tour(project, url).run()


def _examples() -> Path:
    for place in EXAMPLES:
        if (place / "manifests").is_dir():
            return place
    raise ReconcilerError("the example manifests are not installed", "Run it from a checkout.")


class Manifests(Tour):
    """Environments, models, versions and sharing: what a team does most."""

    def run(self) -> None:
        """The tour."""
        self.begin("examples/manifests")
        self.title("Upload the data that the test gate of a model runs on")
        data = self.project / DATA
        self.upload("POST", f"{API}/datasets/fromFile/", {}, (DATA, data.read_bytes()))
        self.title("Check the manifests without a platform, then see what a merge would do")
        self.call("validate")
        self.call("plan")
        self.title("Apply; a second plan has nothing left to do")
        self.call("apply", "--auto-approve")
        self.call("plan", "--detailed-exitcode")
        self.title("Somebody changes a setting, a role and the code by hand")
        self._by_hand()
        self.call("drift", expect=2)
        self.title("Apply again: back to what git says, and no drift")
        self.call("apply", "--auto-approve")
        self.call("drift")
        self.title("A change that does not work: the gate is red, and stays red")
        program = self.project / PROGRAM
        sound = program.read_text(encoding="utf-8")
        self.write(
            program, sound.replace(SCORE, f'{SCORE}    raise ValueError("no such column")\n')
        )
        self.call("apply", "--auto-approve", expect=5)
        self.call("apply", "--auto-approve", expect=5)
        self.call("logs", "CustomModel/churn", "--test", "--tail", "8")
        self.title("The fix: one new version, the gate is green")
        self.write(program, sound)
        self.call("apply", "--auto-approve")
        self.call("history", "CustomModel/churn")
        self.call("drift")

    def _by_hand(self) -> None:
        models = self.curl("GET", f"{API}/customModels/?orderBy=created&limit=100&offset=0")["data"]
        churn = next(model for model in models if model["userProvidedId"] == "fraud/churn")
        environment = churn["latestVersion"]["baseEnvironmentId"]
        self.curl("PATCH", f"{API}/customModels/{churn['id']}/", {"predictionThreshold": 0.9})
        roles = {"data": [{"username": USERS[1], "role": "OWNER"}]}
        self.curl("PATCH", f"{API}/executionEnvironments/{environment}/accessControl/", roles)
        self.upload(
            "PATCH",
            f"{API}/customModels/{churn['id']}/versions/",
            {"isMajorUpdate": "False", "baseEnvironmentId": environment, "filePath": "custom.py"},
            ("custom.py", b"raise SystemExit('edited in the browser')\n"),
        )


class AllKinds(Tour):
    """One project over four APIs: registry, environment, model, test, run, smoke batch."""

    def run(self) -> None:
        """The tour."""
        self.title("One project over four APIs")
        self.settings |= {
            "TFY_HOST": self.url,
            "TFY_API_KEY": TOKEN,
            "MODEL_RUNS_URL": f"{self.url}/v1",
            "MODEL_RUNS_TOKEN": TOKEN,
            "BATCH_INFERENCE_URL": self.url,
            "BATCH_INFERENCE_API_KEY": TOKEN,
        }
        self.begin("examples/all-kinds")
        data = self.project / "policies.csv"
        self.upload("POST", f"{API}/datasets/fromFile/", {}, ("policies.csv", data.read_bytes()))
        repository = {"type": "ml-repo", "name": "claims", "storage_integration_fqn": "acme:s3"}
        self.curl("PUT", "api/svc/v1/ml-repos", {"manifest": repository})
        self.curl("PUT", "api/svc/v1/model-versions", {"manifest": REGISTERED})
        self.call("apply", "--auto-approve")
        self.title("The second apply sends no write")
        self.call("apply", "--auto-approve")
        self.title("The registry gets a version that is not good enough")
        worse = {**REGISTERED, "metadata": {"metrics": {"r2": 0.61}}}
        self.curl("PUT", "api/svc/v1/model-versions", {"manifest": worse})
        self.call("plan", expect=1)
        self.title("A better one: the model follows, and what depends on it runs again")
        better = {**REGISTERED, "metadata": {"metrics": {"r2": 0.91}}}
        self.curl("PUT", "api/svc/v1/model-versions", {"manifest": better})
        self.call("apply", "--auto-approve")
        self.call("drift")
