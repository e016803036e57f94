/** miniwdl with its plugin for AWS Batch, on a shared directory instead of EFS. */
import { exerciseManager } from './exercise-manager.ts'

const run = 'MINIWDL__FILE_IO__ROOT=$PWD miniwdl run --dir $PWD --cfg miniwdl.cfg --verbose'

exerciseManager({
  manager: 'miniwdl',
  prints: [/AWS Batch job change :: status: "SUCCEEDED"/, /"squares\.sum": 14/],
  runs: [
    {
      title: 'miniwdl tells how a task ended that exits with 7',
      command: `cat > fails.wdl <<'END'
version 1.0
task fails {
  command { echo "nothing to do" >&2; exit 7 }
  runtime {
    docker: "busybox:local"
    memory: "64 MiB"
  }
}
END
${run} fails.wdl`,
      fails: true,
      prints: [
        /AWS Batch job change :: status: "FAILED"/,
        /CommandFailed/,
        /exit_status: 7/,
        /statusReason: "Essential container in task exited"/,
      ],
    },
  ],
})
