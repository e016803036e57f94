/** Airflow's `BatchOperator`, executed as a task's own process does. */
import { exerciseManager } from './exercise-manager.ts'

exerciseManager({
  manager: 'airflow',
  prints: [/3 squared is 9/, /the job was [0-9a-f-]{36}/],
  runs: [
    {
      title: 'the operator fails with a job that ends with 7, and shows its log',
      command: 'python3 squares.py -1',
      fails: true,
      prints: [/-1 is negative/, /AirflowException: AWS Batch job \([0-9a-f-]{36}\) failed/],
    },
  ],
})
