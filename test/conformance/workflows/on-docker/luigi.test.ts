/** Luigi's `BatchTask`. */
import { exerciseOnDocker } from './exercise-on-docker.ts'

const hungry = `echo starting; exec python3 -c "print(len(b\\"x\\" * 900000000))"`

await exerciseOnDocker({
  manager: 'luigi',
  image: 'busybox:latest',
  prints: [/Scheduled 3 tasks of which:\n\* 3 ran successfully/, /This progress looks :\)/],
  runs: [
    {
      title: 'Luigi reads the log of a job that ends with 7',
      command: 'python3 squares.py -1 4',
      fails: true,
      prints: [/BatchJobException: Job [0-9a-f-]{36} failed: -1 is negative/, /1 failed:/, /1 ran successfully:/],
    },
    {
      title: 'Luigi reads the log of a job that runs out of memory',
      command: `cat > edit.py <<'END'
import re
text = open("squares.py").read()
open("hungry.py", "w").write(re.sub(r"'test .*?'(?=, \\"sh\\")", lambda _: repr('${hungry}'), text))
END
python3 edit.py; python3 hungry.py 5`,
      fails: true,
      prints: [/BatchJobException: Job [0-9a-f-]{36} failed: starting/, /1 failed:/],
    },
    {
      title: 'Luigi has no words for an image that its registry does not have, as on AWS',
      command: `sed "s#: .busybox.,#: '$ABSENT_IMAGE',#" squares.py > absent.py; python3 absent.py 6`,
      fails: true,
      prints: [/KeyError: 'logStreamName'/, /1 failed:/],
    },
  ],
})
