#!/usr/bin/env bash
# Makes the environment if it is missing and runs every check and test.
#   bash launch/test.sh [pytest arguments]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source launch/environment.sh
AUJAX_EXTRAS="${AUJAX_EXTRAS:-test}" make_environment

.venv/bin/ruff check .
.venv/bin/ruff format --check .
exec .venv/bin/pytest -n auto "$@"
