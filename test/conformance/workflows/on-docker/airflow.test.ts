/** Airflow's `BatchOperator`, executed as a task's own process does. */
import { exerciseOnDocker } from './exercise-on-docker.ts'

await exerciseOnDocker({
  manager: 'airflow',
  image: 'busybox:latest',
  prints: [/3 squared is 9/, /the job was [0-9a-f-]{36}/],
  runs: [
    {
      title: 'the operator fails with a job that ends with 7, and shows its log',
      command: 'python3 squares.py -1',
      fails: true,
      prints: [/-1 is negative/, /AirflowException: AWS Batch job \([0-9a-f-]{36}\) failed/, /'exitCode': 7/],
    },
    {
      title: 'the operator fails with a job that runs out of memory, and shows why',
      command: `cat > edit.py <<'END'
text = open("squares.py").read().split("\\n")
text = ["script = '''exec python3 -c 'print(len(b\\"x\\" * 900000000))' '''" if line.startswith("script =") else line for line in text]
open("hungry.py", "w").write("\\n".join(text))
END
python3 edit.py; python3 hungry.py 5`,
      fails: true,
      prints: [/AirflowException/, /OutOfMemoryError: Container killed due to memory usage/, /'exitCode': 137/],
    },
    {
      title: 'the operator fails with a job whose image its registry does not have, and shows why',
      command: `sed "s#: .busybox.,#: '$ABSENT_IMAGE',#" squares.py > absent.py; python3 absent.py 6`,
      fails: true,
      prints: [/AirflowException/, /Task failed to start/, /CannotPullContainerError/],
    },
  ],
})
