/**
 * Nextflow's calls, one by one, with its launcher and a task script of the same steps as its own:
 * both ends of a task are in the object store, and the container fetches and stores with `aws`.
 */
import {
  DescribeJobDefinitionsCommand,
  type JobDetail,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
} from '@aws-sdk/client-batch'
import type { Manager } from './manager.ts'

const region = 'us-west-2'
/** As `aws.batch.cliPath` and `aws.batch.volumes` of the users' site name them. */
const cliPath = '/home/ec2-user/miniconda/bin/aws'
const siteVolumes = ['/docker_scratch:/tmp:rw']

export interface Task {
  /** Its folder in the bucket. */
  readonly folder: string
  readonly script: string
  /** Objects that become files of the task, by the names they get. */
  readonly inputs?: Readonly<Record<string, string>>
  readonly outputs?: readonly string[]
}

/** One definition an image, made when there is none with the token. */
export async function definitionFor(manager: Manager, image: string): Promise<string> {
  const jobDefinitionName = `nf-${image.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`
  const token = 'c0ffee'
  const found = await manager.batch.send(new DescribeJobDefinitionsCommand({ jobDefinitionName }))
  const fitting = found.jobDefinitions?.find(
    ({ status, parameters }) => status === 'ACTIVE' && parameters?.['nf-token'] === token,
  )
  if (fitting) return `${jobDefinitionName}:${fitting.revision}`
  const home = cliPath.replace(/\/bin\/aws$/, '')
  const [source, target] = siteVolumes[0]!.split(':') as [string, string]
  const { revision } = await manager.batch.send(
    new RegisterJobDefinitionCommand({
      ...{ jobDefinitionName, type: 'container', parameters: { 'nf-token': token } },
      containerProperties: {
        ...{ image, command: ['true'] },
        resourceRequirements: [
          { type: 'VCPU', value: '1' },
          { type: 'MEMORY', value: '1024' },
        ],
        volumes: [
          { name: 'aws-cli', host: { sourcePath: home } },
          { name: 'vol-1', host: { sourcePath: source } },
        ],
        mountPoints: [
          { sourceVolume: 'aws-cli', containerPath: home, readOnly: true },
          { sourceVolume: 'vol-1', containerPath: target, readOnly: false },
        ],
      },
      tags: { 'nextflow.io/createdAt': '2026-11-01T00:00:00Z', 'nextflow.io/version': '25.10.7' },
    }),
  )
  return `${jobDefinitionName}:${revision}`
}

export interface Submission {
  readonly jobDefinition: string
  readonly memoryMib?: number
  readonly size?: number
}

/**
 * A folder is marked by an empty object, and has the script of the task and one that runs it. The
 * tasks of an array are one job with a folder of its own, whose script runs the task of its index.
 */
export async function submit(manager: Manager, tasks: readonly Task[], how: Submission): Promise<string[]> {
  const isArray = tasks.length > 1
  const job = isArray ? arrayOf(manager.bucket, tasks) : tasks[0]!
  for (const task of isArray ? [...tasks, job] : tasks) {
    // A folder that has something in it is left alone.
    if ((await manager.list(task.folder)).length > 0) throw new Error(`${task.folder} is there already`)
    await manager.put(`${task.folder}/`, '')
    await manager.put(`${task.folder}/.command.run`, commandRun(manager.bucket, task))
    await manager.put(`${task.folder}/.command.sh`, `#!/bin/bash -ue\n${task.script}\n`)
  }
  const { jobDefinition, memoryMib = 256 } = how
  const { jobId } = await manager.batch.send(
    new SubmitJobCommand({
      ...{ jobName: 'nf-task', jobQueue: 'default', jobDefinition },
      containerOverrides: {
        command: launcher(`s3://${manager.bucket}/${job.folder}`),
        resourceRequirements: [{ type: 'MEMORY', value: String(memoryMib) }],
        environment: [
          { name: 'AWS_RETRY_MODE', value: 'standard' },
          { name: 'AWS_MAX_ATTEMPTS', value: '5' },
          { name: 'AWS_METADATA_SERVICE_NUM_ATTEMPTS', value: '5' },
        ],
      },
      timeout: { attemptDurationSeconds: 600 },
      ...(isArray && { arrayProperties: { size: tasks.length } }),
    }),
  )
  return isArray ? tasks.map((_, index) => `${jobId}:${index}`) : [jobId!]
}

/** What a task stored takes its place among the results: whatever was there is removed first. */
export async function publish(manager: Manager, from: string, to: string): Promise<void> {
  if ((await manager.list(to)).length > 0) for (const key of [to, `${to}/`]) await manager.remove(key)
  await manager.etag(from)
  await manager.copy(from, to)
}

/** What Nextflow takes for the exit code of a task that has none. */
export const noExitCode = 2 ** 31 - 1

/** The exit code that Nextflow takes: Batch's, or that of the file if Batch has none. */
export async function exitOf(manager: Manager, task: Task, job: JobDetail): Promise<number> {
  const inFile = async () => Number((await manager.get(`${task.folder}/.exitcode`)) ?? noExitCode)
  return job.container?.exitCode ?? (await inFile())
}

/** The error text that it shows. */
export function errorOf(job: JobDetail): string {
  return [job.statusReason, job.attempts?.at(-1)?.container?.reason].filter(Boolean).join(' - ')
}

function launcher(folder: string): string[] {
  const copy = `${cliPath} --region ${region} s3 cp --only-show-errors`
  const text = [
    'trap "[[ -n \\$pid ]] && kill -TERM \\$pid" TERM',
    `trap "{ ret=$?; ${copy} .command.log ${folder}/.command.log||true; exit $ret; }" EXIT`,
    `${copy} ${folder}/.command.run - | bash > >(tee .command.log) 2>&1 & pid=$!; wait $pid`,
  ]
  return ['bash', '-o', 'pipefail', '-c', text.join('; ')]
}

function arrayOf(bucket: string, tasks: readonly Task[]): Task {
  const folders = tasks.map(({ folder }) => `s3://${bucket}/${folder}`).join(' ')
  const text = launcher('$nxf_array_task_dir').pop()!
  const lines = [
    `array=( ${folders} )`,
    `export nxf_array_task_dir=\${array[AWS_BATCH_JOB_ARRAY_INDEX]}`,
    `bash -o pipefail -c '${text}'`,
  ]
  return { folder: `${tasks[0]!.folder}-array`, script: lines.join('\n') }
}

/** The steps of Nextflow's own script of a task, in its order. */
function commandRun(bucket: string, { folder, inputs = {}, outputs = [] }: Task): string {
  const at = `s3://${bucket}/${folder}`
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  return `#!/bin/bash
aws_() { ${cliPath} --region ${region} "$@"; }
upload() {
  if [ -d "$1" ]; then aws_ s3 cp --only-show-errors --recursive "$1" "$2/$1"
  else aws_ s3 cp --only-show-errors "$1" "$2/$1"; fi
}
download() {
  local name; name=$(basename "$1")
  if aws_ s3 ls "$1" | grep -F "PRE $name/" > /dev/null; then aws_ s3 cp --only-show-errors --recursive "$1" "$2"
  else aws_ s3 cp --only-show-errors "$1" "$2"; fi
}
on_exit() {
  local last=\${exit_status:-$?}
  printf -- $last | aws_ s3 cp --only-show-errors - ${at}/.exitcode || true
  cd / && rm -rf "$scratch"
  exit $last
}
trap on_exit EXIT
trap 'exit_status=130; exit' INT
trap 'exit_status=143; [ -n "$pid" ] && kill -TERM $pid; wait $pid' TERM
set -e
scratch=$(mktemp -d -p "\${NXF_SCRATCH_DIR:-/tmp}" nxf.XXXXXXXXXX)
cd "$scratch"
echo start | aws_ s3 cp --only-show-errors - ${at}/.command.begin
${Object.entries(inputs)
  .map(([name, key]) => `download ${quoted(`s3://${bucket}/${key}`)} ${quoted(name)}`)
  .join('\n')}
download ${at}/.command.sh .command.sh
set +e
( bash -ue .command.sh > >(tee .command.out) 2> >(tee .command.err >&2) ) &
pid=$!
wait $pid
exit_status=$?
set -e
upload .command.out ${at} || true
upload .command.err ${at} || true
if [ $exit_status = 0 ]; then
${outputs.map((name) => `  for file in ${name}; do upload "$file" ${at}; done`).join('\n') || '  :'}
fi
`
}
