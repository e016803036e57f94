/** Snakemake with its executor for AWS Batch and its storage in S3. */
import { exerciseManager } from './exercise-manager.ts'
import { snakemakeEnvironment } from './snakemake-jobs.ts'

exerciseManager({
  manager: 'snakemake',
  jobEnvironment: snakemakeEnvironment(),
  prints: [/5 of 5 steps \(100%\) done/, /^6 words$/m],
  runs: [
    {
      title: 'a rule whose command ends with 7 fails, in AWS’s words',
      command: 'snakemake --workflow-profile profile fails',
      fails: true,
      prints: [/AWS Batch job failed\. Code: 1, Msg: Essential container in task exited\./],
    },
  ],
})
