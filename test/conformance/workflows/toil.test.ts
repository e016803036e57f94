/** Toil: a workflow in Python and a scattered one in CWL, on a job store in a shared directory. */
import { exerciseManager } from './exercise-manager.ts'

exerciseManager({
  manager: 'toil',
  prints: [/3 squared is 9/, /the total is 14/, /Finished toil run successfully/, /^14$/m],
  runs: [
    {
      title: 'Toil tells of a job that exits with 7, with its log',
      command: `export TOIL_AWS_BATCH_QUEUE=default TOIL_AWS_REGION=us-west-2
        export TOIL_APPLIANCE_SELF=toil:$(python3 -c 'from toil.version import currentCommit; print(currentCommit)')
        python3 squares.py file:$PWD/store-fails --batchSystem aws_batch --workDir $PWD --retryCount 0 --numbers -1`,
      fails: true,
      prints: [
        /failed because: Essential container in task exited/,
        /-1 is negative/,
        /Exit reason: FAILED/,
        /FailedJobsException/,
      ],
    },
  ],
})
