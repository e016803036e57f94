# The workflow in CWL, with Toil. GENOMICS_IMAGE has the same Toil and Python as this side. The job store is in this folder, which the
# hosts of jobs have under the same path; so is what Toil's processes tell each other by, because /tmp is another one in each job.
set -e
export TOIL_AWS_BATCH_QUEUE=default TOIL_AWS_REGION=us-west-2 TOIL_APPLIANCE_SELF="$GENOMICS_IMAGE"
{
  echo reads:
  for sample in $(seq -f s%02g 20); do echo "  - { class: File, location: 's3://genomics/reads/$sample.fastq' }"; done
} > reads.yaml
mkdir -p coordination
toil-cwl-runner --batchSystem aws_batch --jobStore "file:$PWD/store" --workDir "$PWD" --coordinationDir "$PWD/coordination" \
  --outdir "$PWD/toil" --retryCount 1 --defaultMemory 4Gi genomics.cwl reads.yaml
aws s3 cp --only-show-errors toil/report.tsv s3://genomics/toil/report.tsv
