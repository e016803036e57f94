/**
 * The calls of Cromwell's AWS backend, one by one, with scripts of the same steps as its own: the
 * script of a task is in the object store, `fetch_and_run.sh` of the host runs it in `/tmp/scratch`,
 * and the exit code that counts is a file that the script stores.
 */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  DescribeJobDefinitionsCommand,
  DescribeJobsCommand,
  type JobDetail,
  ListJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch'
import type { Manager } from './manager.ts'

const queueArn = 'arn:aws:batch:us-west-2:123456789012:job-queue/default'
const logGroup = '/aws/batch/job'
const aws = '/usr/local/aws-cli/v2/current/bin/aws'
export const workDirectory = '/tmp/scratch'
const statuses = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING'] as const
const pollMs = 250
const withinMs = 120_000

/** A call of a task in a workflow. */
export interface Call {
  /** Of the workflow, in the bucket. */
  readonly root: string
  readonly name: string
  readonly shard?: number
  readonly attempt?: number
  readonly image: string
  readonly memoryMib?: number
  readonly command: string
  /** Keys in the bucket. Each becomes a file at `pathOf`. */
  readonly inputs?: readonly string[]
  readonly optionalInputs?: readonly string[]
  /** Files that the command leaves. */
  readonly outputs?: readonly string[]
  /** A pattern of files, which Cromwell gathers in a directory with a list. */
  readonly glob?: string
}

export interface Submitted {
  readonly jobId: string
  /** Whether something was stored or registered that was not there before. */
  readonly isScriptNew: boolean
  readonly isDefinitionNew: boolean
}

export type Verdict =
  | { readonly kind: 'succeeded' | 'aborted' | 'memory' }
  | { readonly kind: 'failed'; readonly message: string }

export const folderOf = ({ root, name, shard, attempt = 1 }: Call) =>
  [root, `call-${name}`, shard === undefined ? [] : `shard-${shard}`, attempt > 1 ? `attempt-${attempt}` : []]
    .flat()
    .join('/')
const baseOf = ({ name, shard }: Pick<Call, 'name' | 'shard'>) => (shard === undefined ? name : `${name}-${shard}`)

/** Where a task finds an input. */
export const pathOf = (manager: Manager, key: string) => `${workDirectory}/${manager.bucket}/${key}`

export async function submitCall(manager: Manager, call: Call): Promise<Submitted> {
  const folder = folderOf(call)
  await manager.put(`${folder}/script`, commandScript(call))
  const script = taskScript(manager, call)
  const md5 = createHash('md5').update(script).digest('hex')
  // A small object's ETag is its MD5.
  const isScriptNew = (await manager.get(`scripts/${md5}`)) === undefined
  if (isScriptNew) await manager.put(`scripts/${md5}`, script)
  else if ((await manager.etag(`scripts/${md5}`)) !== `"${md5}"`) throw new Error(`${md5} has another ETag`)
  await manager.put(`${folder}/reconfigured-script.sh`, script)
  const { arn, isNew } = await definitionFor(manager, call)
  const { jobId } = await manager.batch.send(
    new SubmitJobCommand({
      ...{ jobName: call.name, parameters: {}, jobQueue: queueArn, jobDefinition: arn, tags: {} },
      containerOverrides: {
        environment: [
          { name: 'BATCH_FILE_TYPE', value: 'script' },
          { name: 'BATCH_FILE_S3_URL', value: `s3://${manager.bucket}/scripts/${md5}` },
        ],
        resourceRequirements: needsOf(call),
      },
    }),
  )
  return { jobId: jobId!, isScriptNew, isDefinitionNew: isNew }
}

/** One definition for all calls of an image with the same settings; the newest revision counts. */
async function definitionFor(manager: Manager, call: Call): Promise<{ arn: string; isNew: boolean }> {
  const sha1 = createHash('sha1').update(call.image).digest('hex')
  const jobDefinitionName = `cromwell_${call.image}_${sha1}`.replaceAll(/[^A-Za-z0-9_-]/g, '-')
  const found = await manager.batch.send(new DescribeJobDefinitionsCommand({ jobDefinitionName, status: 'ACTIVE' }))
  const [newest] = (found.jobDefinitions ?? []).toSorted((one, other) => other.revision! - one.revision!)
  if (newest) return { arn: newest.jobDefinitionArn!, isNew: false }
  const volumes = {
    'local-disk': ['/cromwell_root', '/cromwell_root'],
    fetchAndRunScript: ['/usr/local/bin/fetch_and_run.sh', '/var/scratch/fetch_and_run.sh'],
    awsCliHome: ['/usr/local/aws-cli', '/usr/local/aws-cli'],
    instanceId: ['/var/lib/cloud/data/instance-id', '/var/lib/cloud/data/instance-id'],
  }
  const { jobDefinitionArn } = await manager.batch.send(
    new RegisterJobDefinitionCommand({
      ...{ jobDefinitionName, type: 'container', retryStrategy: { attempts: 1, evaluateOnExit: [] } },
      containerProperties: {
        image: call.image,
        command: ['/bin/bash', '-c', '/var/scratch/fetch_and_run.sh'],
        resourceRequirements: needsOf(call),
        logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': logGroup } },
        volumes: Object.entries(volumes).map(([name, [sourcePath]]) => ({ name, host: { sourcePath } })),
        mountPoints: Object.entries(volumes).map(([sourceVolume, [, containerPath]]) => ({
          ...{ sourceVolume, containerPath },
          ...(sourceVolume !== 'local-disk' && { readOnly: true }),
        })),
        ...{ environment: [], ulimits: [], linuxParameters: { sharedMemorySize: 64 }, privileged: false },
      },
    }),
  )
  return { arn: jobDefinitionArn!, isNew: true }
}

const needsOf = ({ memoryMib = 128 }: Call) => [
  { type: 'VCPU' as const, value: '1' },
  { type: 'MEMORY' as const, value: String(memoryMib) },
]

/** The jobs of the queue that have not ended, by their status, as Cromwell asks every ten seconds. */
export async function listed(manager: Manager): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const jobStatus of statuses) {
    let nextToken: string | undefined
    do {
      const page = await manager.batch.send(
        new ListJobsCommand({ jobQueue: queueArn, jobStatus, maxResults: 100, ...(nextToken && { nextToken }) }),
      )
      for (const { jobId } of page.jobSummaryList ?? []) found.set(jobId!, jobStatus)
      nextToken = page.nextToken
    } while (nextToken)
  }
  return found
}

/** A job that no list has is asked for by its id. */
export async function ended(manager: Manager, jobId: string): Promise<JobDetail> {
  const endMs = performance.now() + withinMs
  for (;;) {
    if (!(await listed(manager)).has(jobId)) {
      const { jobs } = await manager.batch.send(new DescribeJobsCommand({ jobs: [jobId] }))
      if (['SUCCEEDED', 'FAILED'].includes(jobs?.[0]?.status ?? '')) return jobs![0]!
    }
    if (performance.now() > endMs) throw new Error(`${jobId} did not end`)
    await delay(pollMs)
  }
}

export async function abort(manager: Manager, jobId: string): Promise<void> {
  await manager.batch.send(new TerminateJobCommand({ jobId, reason: 'cromwell abort called' }))
}

/** What Cromwell puts into its metadata. It fails without these members. */
export function metadataOf(job: JobDetail): Record<'stream' | 'group' | 'region', string | undefined> {
  return {
    stream: job.container!.logStreamName,
    group: job.container!.logConfiguration!.options!['awslogs-group'],
    region: job.jobQueue!.split(':')[3],
  }
}

/** How Cromwell reads an end, and the words in which it tells it. */
export async function verdictOf(manager: Manager, call: Call, job: JobDetail): Promise<Verdict> {
  const stored = await manager.get(`${folderOf(call)}/${baseOf(call)}-rc.txt`)
  // Without the file the task has failed.
  const code = Number((stored ?? '1').trim())
  const last = job.attempts?.at(-1)?.container
  const isMemory = last?.exitCode === 137 || (last?.reason ?? '').includes('OutOfMemory')
  const tag = `${call.name}:${call.shard ?? 'NA'}:${call.attempt ?? 1}`
  if ([130, 137, 143].includes(code) && !isMemory) return { kind: 'aborted' }
  if (job.status === 'FAILED' && code === 0) {
    const message = `Job ${tag} exited with success code '0' but failed status 'Failed'.`
    return { kind: 'failed', message }
  }
  if (code === 0) return { kind: 'succeeded' }
  if (isMemory) return { kind: 'memory' }
  const message = `Job ${tag} exited with return code ${code} which has not been declared as a valid return code.`
  return { kind: 'failed', message }
}

/** The command with its output in files and in the log, and its exit code in a file. */
function commandScript({ name, shard, command, glob }: Call): string {
  const base = baseOf({ name, shard })
  const gather = `mkdir .glob-1; echo "left alone" > .glob-1/cromwell_glob_control_file
ln -L ${glob} .glob-1/ 2> /dev/null || ln ${glob} .glob-1/
ls -1 .glob-1 | grep -v cromwell_glob_control_file > .glob-1.list`
  return `#!/bin/bash

cd ${workDirectory}
tmpDir=$(mkdir -p ${workDirectory}/tmp.1 && echo ${workDirectory}/tmp.1)
chmod 777 "$tmpDir"
export TMPDIR="$tmpDir"
out="$tmpDir/out.$$" err="$tmpDir/err.$$"
mkfifo "$out" "$err"
trap 'rm "$out" "$err"' EXIT
touch ${base}-stdout.log ${base}-stderr.log
tee ${base}-stdout.log < "$out" &
tee ${base}-stderr.log < "$err" >&2 &
(
cd ${workDirectory}
${command}
) > "$out" 2> "$err"
echo $? > ${base}-rc.txt.tmp
(
cd ${workDirectory}
find . -type d -exec sh -c '[ -z "$(ls -A '"'"'{}'"'"')" ] && touch '"'"'{}'"'"'/.file' \\;
)
(
cd ${workDirectory}
${glob === undefined ? '' : gather}
)
mv ${base}-rc.txt.tmp ${base}-rc.txt
`
}

/** The command's script between the steps that fetch its inputs and store its outputs. */
function taskScript(manager: Manager, call: Call): string {
  const [base, at] = [baseOf(call), `s3://${manager.bucket}/${folderOf(call)}`]
  const [shebang, ...lines] = commandScript(call).split('\n')
  const fetch = (isOptional: boolean) => (key: string) =>
    `localize "s3://${manager.bucket}/${key}" "${pathOf(manager, key)}" ${isOptional}`
  const { inputs = [], optionalInputs = [], outputs = [], glob } = call
  const store = (file: string) => `delocalize "${workDirectory}/${file}" "${at}/${file}"`
  return `${shebang}
export AWS_METADATA_SERVICE_TIMEOUT=10 AWS_METADATA_SERVICE_NUM_ATTEMPTS=10
has_length() {
  [[ "$2" =~ s3://([^/]+)/(.+) ]] || return 1
  local stored
  stored=$(${aws} s3api head-object --bucket "\${BASH_REMATCH[1]}" --key "\${BASH_REMATCH[2]}" --query 'ContentLength') || return 1
  [[ "$stored" -eq "$(LC_ALL=C ls -dnL -- "$1" | awk '{print $5; exit}')" ]]
}
localize() {
  if ! ${aws} s3 ls "$1" > /dev/null 2>&1; then
    echo "$1 does not exist"; [[ "$3" == true ]] || LOCALIZATION_FAILED=1
  elif ! { ${aws} s3 cp --no-progress "$1" "$2" && has_length "$2" "$1"; }; then LOCALIZATION_FAILED=1
  fi
}
delocalize() {
  ${aws} configure set default.s3.multipart_threshold 5368709120
  ${aws} configure set default.s3.multipart_chunksize 5242880
  if [[ -d "$1" ]]; then
    ${aws} s3 cp --no-progress "$1" "$2" --recursive --exclude "cromwell_glob_control_file" || DELOCALIZATION_FAILED=1
    for FILE in $(cd "$1"; ls | grep -v cromwell_glob_control_file); do has_length "$1/$FILE" "$2/$FILE" || DELOCALIZATION_FAILED=1; done
  elif [[ ! -e "$1" ]]; then echo "$1 does not exist"; DELOCALIZATION_FAILED=1
  else ${aws} s3 cp --no-progress "$1" "$2" && has_length "$1" "$2" || DELOCALIZATION_FAILED=1
  fi
}
{
set -e
echo '*** LOCALIZING INPUTS ***'
if [ ! -d ${workDirectory} ]; then mkdir ${workDirectory} && chmod 777 ${workDirectory}; fi
cd ${workDirectory}
LOCALIZATION_FAILED=0
${[...[`${folderOf(call)}/script`, ...inputs].map(fetch(false)), ...optionalInputs.map(fetch(true))].join('\n')}
if [[ $LOCALIZATION_FAILED -eq 1 ]]; then echo '*** LOCALIZATION FAILED ***'; exit 1; fi
echo '*** COMPLETED LOCALIZATION ***'
set +e
}
${lines.join('\n')}
{
set -e
echo '*** DELOCALIZING OUTPUTS ***'
DELOCALIZATION_FAILED=0
if [ -f "${workDirectory}/${base}-rc.txt" ]; then ${store(`${base}-rc.txt`)}; fi
${[`${base}-stderr.log`, `${base}-stdout.log`, ...outputs].map(store).join('\n')}
${glob === undefined ? '' : `touch .glob-1.list\n${['.glob-1.list', '.glob-1'].map(store).join('\n')}`}
if [[ $DELOCALIZATION_FAILED -eq 1 ]]; then echo '*** DELOCALIZATION FAILED ***'; exit 1; fi
echo '*** COMPLETED DELOCALIZATION ***'
exit $(head -n 1 ${workDirectory}/${base}-rc.txt)
}
`
}
