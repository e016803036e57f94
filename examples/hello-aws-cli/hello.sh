#!/bin/sh
# Runs one job on the queue "default" and prints its log. Exits 0 only if the job SUCCEEDED.
set -eu

DEFINITION=$(aws batch register-job-definition --job-definition-name example-hello --type container \
  --container-properties '{
    "image": "busybox:1.36",
    "command": ["sh", "-c", "echo \"Hello from job $AWS_BATCH_JOB_ID\""],
    "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "64"}]
  }' --query jobDefinitionArn --output text)
echo "registered $DEFINITION"

JOB=$(aws batch submit-job --job-name hello --job-queue default --job-definition "$DEFINITION" \
  --query jobId --output text)
echo "submitted $JOB"

while
  STATUS=$(aws batch describe-jobs --jobs "$JOB" --query 'jobs[0].status' --output text)
  [ "$STATUS" != SUCCEEDED ] && [ "$STATUS" != FAILED ]
do sleep 1; done
echo "the job $STATUS"
[ "$STATUS" = SUCCEEDED ]

STREAM=$(aws batch describe-jobs --jobs "$JOB" --query 'jobs[0].container.logStreamName' --output text)
aws logs get-log-events --log-group-name /aws/batch/job --log-stream-name "$STREAM" --start-from-head \
  --query 'events[].[message]' --output text
