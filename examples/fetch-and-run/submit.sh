#!/bin/sh
# Submits the script as a job, waits for its end and prints its log: sh submit.sh ARGUMENT
set -eu
bucket=fetch-and-run-$(id -un)
aws s3 ls "s3://$bucket" > /dev/null 2>&1 || aws s3 mb "s3://$bucket"
aws s3 cp --only-show-errors myjob.sh "s3://$bucket/myjob.sh"

aws batch register-job-definition --job-definition-name fetch_and_run --type container \
  --container-properties '{"image": "fetch_and_run", "user": "nobody", "resourceRequirements": [
    {"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "500"}]}' > /dev/null

job=$(aws batch submit-job --job-name script-test --job-queue default --job-definition fetch_and_run \
  --container-overrides "{\"command\": [\"$1\"], \"environment\": [
    {\"name\": \"BATCH_FILE_TYPE\", \"value\": \"script\"},
    {\"name\": \"BATCH_FILE_S3_URL\", \"value\": \"s3://$bucket/myjob.sh\"}]}" --query jobId --output text)
until status=$(aws batch describe-jobs --jobs "$job" --query 'jobs[0].status' --output text) &&
  [ "$status" = SUCCEEDED ] || [ "$status" = FAILED ]; do
  sleep 1
done
aws batch describe-jobs --jobs "$job" --query 'jobs[0].[status, statusReason, container.exitCode, container.reason]' --output text
stream=$(aws batch describe-jobs --jobs "$job" --query 'jobs[0].container.logStreamName' --output text)
# A job that never started has no log.
[ "$stream" = None ] || aws logs get-log-events --log-group-name /aws/batch/job --log-stream-name "$stream" --start-from-head \
  --query 'events[].[message]' --output text
[ "$status" = SUCCEEDED ]
