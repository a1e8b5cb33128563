# Finding interpreters and making environments; sourced by the scripts beside it.

# A script's own environment is the only one: what is active around it must not leak in. Bytecode is kept: the tests start
# some hundred programs, each of which would compile all of the package anew.
unset VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE PYTHONUNBUFFERED || true
export PIP_DISABLE_PIP_VERSION_CHECK=1

# Print a command for each of the given versions (3.11 3.12 ...) that really runs here, one a line. A version manager's
# shims exist for versions that are not enabled, too, hence the trial; what pyenv has installed is enabled first.
find_pythons() {
    if command -v pyenv >/dev/null 2>&1; then
        local installed
        installed=$(pyenv versions --bare 2>/dev/null | grep -E '^3\.[0-9]+\.[0-9]+$' | sort -rV | awk -F. '!seen[$2]++' | paste -sd: -)
        if [ -n "$installed" ]; then export PYENV_VERSION="$installed"; fi
    fi
    local version candidate
    for version in "$@"; do
        for candidate in "python$version" python3 python; do
            if [ "$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$version" ]; then
                "$candidate" -c 'import sys; print(sys.executable)'
                break
            fi
        done
    done
}

# Make, unless it is there and up to date, the environment $1 with python $2, requirements $3 and this package in it.
make_environment() {
    local environment=$1 python=$2 requirements=$3 stamp
    stamp=$(cat "$requirements" pyproject.toml scripts/_python.sh | cksum)
    if [ -x "$environment/bin/python" ] && [ "$(cat "$environment/stamp" 2>/dev/null)" = "$stamp" ]; then return; fi
    rm -rf "$environment"
    "$python" -m venv "$environment" || return 1
    "$environment/bin/python" -m pip install --quiet --require-hashes --requirement "$requirements" || return 1
    # The sources themselves, by a path file: no build, no index, and edits count at once.
    echo "$PWD/src" >"$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/jackfield-sources.pth"
    echo "$stamp" >"$environment/stamp"
}
