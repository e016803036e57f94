/**
 * The script that AWS's article on fetch-and-run jobs puts into images, and that Cromwell expects
 * on its hosts: it fetches a script or a ZIP archive from S3 and runs it with its arguments.
 */
export const fetchAndRun = `#!/bin/bash
# BATCH_FILE_TYPE    "script" or "zip"
# BATCH_FILE_S3_URL  where it is, s3://bucket/key
# Arguments: those of the script; for an archive, the program in it to run, and its arguments.

mounted="/usr/local/aws-cli/v2/current/bin /home/ec2-user/miniconda/bin"
for directory in $mounted; do PATH="$PATH:$directory"; done

# A mounted command goes before the image's own, which may be too old to know of AWS_ENDPOINT_URL.
fetch() {
  local aws=aws directory
  for directory in $mounted; do
    [ -x "$directory/aws" ] && aws="$directory/aws" && break
  done
  "$aws" s3 cp --only-show-errors "$BATCH_FILE_S3_URL" "$1" || fail "$BATCH_FILE_S3_URL could not be fetched."
}

fail() {
  echo "fetch_and_run.sh: $1" >&2
  exit 1
}

usage() {
  echo "Usage: BATCH_FILE_TYPE=script|zip BATCH_FILE_S3_URL=s3://bucket/key fetch_and_run.sh [argument…]" >&2
  fail "$1"
}

[ -n "$BATCH_FILE_TYPE" ] || usage "BATCH_FILE_TYPE is not set. Nothing was run."
[ -n "$BATCH_FILE_S3_URL" ] || usage "BATCH_FILE_S3_URL is not set. Nothing was run."
case "$BATCH_FILE_S3_URL" in
  s3://*/*) ;;
  *) usage "BATCH_FILE_S3_URL must begin with s3:// and name a key." ;;
esac
command -v aws > /dev/null || fail "there is no aws command in this image."

directory=$(mktemp -d) || fail "no temporary directory can be made."
trap 'rm -rf "$directory"' EXIT
trap 'exit 143' TERM

case "$BATCH_FILE_TYPE" in
  script)
    fetch "$directory/script"
    chmod u+x "$directory/script"
    "$directory/script" "$@" &
    ;;
  zip)
    [ -n "$1" ] || usage "the program of the archive is not named."
    command -v unzip > /dev/null || fail "there is no unzip in this image."
    fetch "$directory/archive.zip"
    cd "$directory" && unzip -q archive.zip || fail "the archive could not be unpacked."
    program=$1
    shift
    "./$program" "$@" &
    ;;
  *) usage "BATCH_FILE_TYPE is neither script nor zip." ;;
esac

child=$!
trap 'kill -TERM "$child" 2> /dev/null; wait "$child"; exit 143' TERM
wait "$child"
`
