/** Luigi's `BatchTask`. */
import { exerciseManager } from './exercise-manager.ts'

exerciseManager({
  manager: 'luigi',
  prints: [/Scheduled 3 tasks of which:\n\* 3 ran successfully/, /This progress looks :\)/],
  runs: [
    {
      title: 'Luigi reads the log of a job that ends with 7',
      command: 'python3 squares.py -1 4',
      fails: true,
      prints: [/BatchJobException: Job [0-9a-f-]{36} failed: -1 is negative/, /1 failed:/, /1 ran successfully:/],
    },
  ],
})
