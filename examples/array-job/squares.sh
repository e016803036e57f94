#!/bin/sh
# Runs an array of four jobs and prints the log of each. Exits 0 only if all of them SUCCEEDED.
set -eu

DEFINITION=$(aws batch register-job-definition --job-definition-name example-square --type container \
  --container-properties '{
    "image": "busybox:1.36",
    "command": ["sh", "-c", "i=$AWS_BATCH_JOB_ARRAY_INDEX; echo \"$i squared is $((i * i))\""],
    "resourceRequirements": [{"type": "VCPU", "value": "1"}, {"type": "MEMORY", "value": "64"}]
  }' --query jobDefinitionArn --output text)

ARRAY=$(aws batch submit-job --job-name squares --job-queue default --job-definition "$DEFINITION" \
  --array-properties size=4 --query jobId --output text)
echo "submitted the array $ARRAY"

# The array itself is PENDING until all its children have ended.
while
  STATUS=$(aws batch describe-jobs --jobs "$ARRAY" --query 'jobs[0].status' --output text)
  [ "$STATUS" != SUCCEEDED ] && [ "$STATUS" != FAILED ]
do sleep 1; done
echo "the array $STATUS"
[ "$STATUS" = SUCCEEDED ]

STREAMS=$(aws batch describe-jobs --jobs "$ARRAY:0" "$ARRAY:1" "$ARRAY:2" "$ARRAY:3" \
  --query 'jobs[].container.logStreamName' --output text)
# One search for the logs of all children, which comes in the order of time: sorted by index here.
# shellcheck disable=SC2086 # a word for each stream
aws logs filter-log-events --log-group-name /aws/batch/job --log-stream-names $STREAMS \
  --query 'events[].[message]' --output text | sort
