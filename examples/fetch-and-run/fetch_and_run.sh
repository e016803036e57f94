#!/bin/bash
# The entrypoint of an image for fetch-and-run jobs: runs the script in S3 that BATCH_FILE_S3_URL
# names, or a program of the ZIP archive there. The job's command is its arguments.
set -eu -o pipefail

case "${BATCH_FILE_TYPE:-}" in
  script | zip) ;;
  *) echo "fetch_and_run.sh: BATCH_FILE_TYPE must be script or zip" >&2 && exit 1 ;;
esac
[[ ${BATCH_FILE_S3_URL:-} == s3://?*/?* ]] || { echo "fetch_and_run.sh: BATCH_FILE_S3_URL must be s3://BUCKET/KEY" >&2; exit 1; }

folder=$(mktemp -d)
cd "$folder"
if [[ $BATCH_FILE_TYPE == script ]]; then
  aws s3 cp "$BATCH_FILE_S3_URL" - > script
  chmod u+x script
  exec ./script "$@"
fi
aws s3 cp "$BATCH_FILE_S3_URL" - > archive.zip
unzip -q archive.zip
program=$1
shift
chmod u+x "$program"
exec "./$program" "$@"
