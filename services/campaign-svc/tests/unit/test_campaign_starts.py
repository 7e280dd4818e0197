import subprocess
import sys

SEEN = "import sys, campaign.main; print(*{'scipy', 'fpdf', 'fontTools'} & set(sys.modules))"


def test_what_one_endpoint_needs_does_not_delay_a_start() -> None:
    done = subprocess.run([sys.executable, "-c", SEEN], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
