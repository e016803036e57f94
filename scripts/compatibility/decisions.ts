/**
 * The decisions made where AWS documents nothing and no answer of the live service was at hand.
 * Each sentence describes the code's behaviour.
 */

export interface Section {
  readonly title: string
  readonly points: readonly string[]
}

export const decisions: readonly Section[] = [
  {
    title: 'Texts of refusals',
    points: [
      'Texts that refuse a create, register, submit or update for what it asks are wrapped: `Error executing request, Exception : …, RequestId: …`. Texts of look-ups and of the state of a resource are bare.',
      "A request that does not have its shape (a member missing, of the wrong type, or not in an enumeration) is refused bare: `1 validation error detected: Value … at 'member' failed to satisfy constraint: …`.",
      "Where no text of the live service is known, openbatch has its own. Among them: `Memory is required.`, `Image is required.`, `Environment variable X is not valid. Environment variables cannot start with AWS_BATCH.`, `Array size should be between 2 and 10000, got N in arrayProperties.size.`, `Timeout must be at least 60 seconds, got N in timeout.attemptDurationSeconds.`, `RetryAttempts must be between 1 and 10, got N in retryStrategy.attempts.`, `Unknown volume 'x'.`, `Job Queue X is not in ENABLED state.`, `Cannot delete, state must be DISABLED`, `bidPercentage must be between 0 and 100, got N.`, `propagateTags is not applicable for eksProperties.`, `Capacity unit 'X' is not valid. …`, and the texts about the patterns of names of job definitions and compute environments.",
      "A character that tags may not have is refused as AWS's front does, with BadRequestException and bare, whatever the operation: `'a,b' is not a valid value for TagValue - it contains illegal characters`. The text for keys, with TagKey, is made after it. It comes before all other checks of the request.",
      'What passes AWS’s checks and cannot be run is refused when it is submitted, with the member named: `… is not supported by openbatch: …`, `… not built in this version of openbatch`. It can be registered.',
    ],
  },
  {
    title: 'References',
    points: [
      'An ARN of another account leads nowhere, as a name that is unknown: it is refused with the text for that, or left out of an answer. Set `account` to your own for ARNs written for AWS.',
      'The region of an ARN is not looked at: a server has one, and ARNs written for another keep working. Secrets are found by the name in their ARN alone.',
      'Instance types, images of instances, subnets, security groups, roles, launch templates and EKS clusters are kept and given back. They are never looked up.',
      'Instance types are known by their form: `optimal`, `default_x86_64`, `default_arm64`, families such as `c5` or `m7i-flex`, types such as `c5.8xlarge`. An imageKubernetesVersion is `1.` and two digits.',
    ],
  },
  {
    title: 'What counts as not given',
    points: [
      'Empty objects: `retryStrategy {}`, `timeout {}`, `arrayProperties {}`, empty overrides.',
      'An empty `command` in overrides keeps the definition’s. A `null` member counts as absent.',
      'A variable with an empty value, or none. It is taken, dropped and not shown. In overrides it takes the definition’s variable of that name away. Pods keep such variables, as Kubernetes does.',
      'What a skeleton of the CLI leaves behind is refused with the member named, as `dependsOn[0].jobId must not be empty.`',
      'Fargate compute environments accept empty lists, maps and strings for members that only EC2 has.',
    ],
  },
  {
    title: 'Job definitions and overrides',
    points: [
      'The published pattern of `user` applies to each part of `user:group`.',
      '`Ref::name` is replaced anywhere in an element of the command, once; what was put in is not looked at again. Of several parameters that fit, the longest name wins, and a name may be followed by `.` or `-`: `Ref::sample.bam` is the parameter `sample.bam`, or else `sample` with `.bam` after it. There is no escape.',
      'The size of a job is that of the merged job as JSON in bytes. The text gives KiB, rounded up.',
      'The old members `vcpus` and `memory` of a definition may be overridden by resourceRequirements. DescribeJobs then shows both, and they agree.',
      'The old members in overrides do nothing where the definition or the overrides have a requirement of that type. The server’s log says so for each job; no value of theirs is refused then.',
      'A definition with schedulingPriority may be submitted to a FIFO queue.',
      'Overrides of several containers name the one they are for. Where there is only one, the name may be left out.',
      'Variables are merged by name, resourceRequirements by type, consumable resources by resource: a name and its ARN are one. Where a pod’s limit and request must agree, what an override says of one holds for the other.',
      'A job of several containers takes the sum of what they ask for. On Fargate that sum must be a size that Fargate has, before and after the overrides.',
      'A pod asks for cpu in quarters, and for memory in Mi. Of cpu the request is kept free. An init container without resources may use what is kept for the pod.',
      'Containers that wait for each other are refused: `Container dependencies must not be circular: …`.',
    ],
  },
  {
    title: 'Dependencies',
    points: [
      'An unknown jobId is refused: `Job X not found.`',
      'N_TO_N needs arrays of one size. A dependency with a jobId and the type SEQUENTIAL counts as one without a type.',
      'What follows from an end is decided in its transaction: a job never waits for one that has ended.',
      'A dependency that failed ends what depends on it with `Dependent Job failed`: a job, an array with all its children, of N_TO_N the child of the same index, of SEQUENTIAL all children after it. What depends on those ends with them.',
      'A job that waits for others and is cancelled or terminated ends when what it waits for has ended, or one of them has failed, for the reason given. A child that waits ends at once.',
      'Jobs take their turn by submission, also those that waited for others.',
      'statusReason names up to three of the jobs waited for.',
    ],
  },
  {
    title: 'Several containers, pods',
    points: [
      'A job of several containers is RUNNING when all its essential containers have started, a pod when all its containers have.',
      'The first essential container to end by itself decides: its exit code and reason are the attempt’s. The others are stopped, in the reverse of the order of their start.',
      'A container whose dependency can never hold ends as `CannotStartContainerError: dependency of container X cannot be resolved: …`. If it is essential, that ends the attempt.',
      'startTimeout counts on the container that is waited for, from its start, as in ECS. COMPLETE holds for a container that was lost, not for one that never started.',
      'A container of a pod that fails does not stop the others; the job fails when all have ended. An init container that fails ends the job.',
      'Each container has a log stream of its own: `prefix/container/task`.',
      'Containers of a pod have no `AWS_EXECUTION_ENV`. `AWS_BATCH_JOB_KUBERNETES_NODE_UID` is made of the host’s id.',
    ],
  },
  {
    title: 'Several nodes',
    points: [
      'All nodes of a job are placed at once, or none is. Nodes may share a host. The job takes the sum of what they ask for, also of the maxvCpus of its environment.',
      'The main node starts first, the others when it runs; its address is in their `AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS`. When it ends the others are stopped.',
      'The job’s status, exit code, reason and times are those of the main node. Another node that fails does not end the job.',
      'Nodes have no records of their own. `id#n` describes one from its job: STARTING until its container runs, SUCCEEDED or FAILED when that has ended, which may be before the job ends.',
      'CancelJob and TerminateJob do nothing about a node, as about any id that is not known.',
    ],
  },
  {
    title: 'Queues and compute environments',
    points: [
      'The priority of a queue is 0 to 1000.',
      'An UNMANAGED compute environment counts as EC2. It needs no serviceRole.',
      'desiredvCpus is what was last asked for within minvCpus and maxvCpus, or what is in use where that is more. Nothing brings it down but an update of maxvCpus.',
      'A capacity limit of a service environment that names no unit counts instances.',
      'A compute environment with eksConfiguration takes pods, without a cluster: its driver runs them. EC2 queues take pods too, Fargate queues do not.',
      'A compute environment with the strategy BEST_FIT takes all updates.',
      'An update of what AWS would replace instances for (type, bidPercentage, instanceTypes, allocationStrategy, image, network and the like) leaves the environment UPDATING until the attempts placed before it have ended, or are ended as its updatePolicy says: `Host EC2 (instance i-…) terminated.`, retried as the strategy says. New jobs are placed meanwhile. An update that repeats what is so replaces nothing, nor does one of a Fargate environment, nor updateToLatestImageVersion.',
      'jobStateTimeLimitActions count from when the running server first saw the reason. Waiting for hosts, maxvCpus, the spot price or consumable resources counts as `CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY`. Of an array the child at the head is cancelled; an array that can never fit goes with all its waiting children.',
    ],
  },
  {
    title: 'Scheduling',
    points: [
      'Jobs of a queue take their turns in the order of submission, children as their array; a job that is retried, or that waited for others, has the place of its submission.',
      'A job that must wait holds back those behind it in its queue, also where only an environment that is DISABLED or an engine that is away could take it. A job that can never fit does not, nor one that asks for more of a consumable resource than its totalQuantity.',
      'A job that only hosts could hold which are not offered at present, and were since the server started, is not told to be misconfigured.',
      'Queues are served by priority, of one priority the queue whose first job was submitted first. Work for on-demand environments (EC2, FARGATE, UNMANAGED) is placed before work that only spot would take. A job whose queue names spot before on-demand environments starts on spot where it may, but on demand while on-demand work, or spot work of a queue of higher priority, waits for room there; nobody is told to go for a job that would take the room on spot.',
      'Of the hosts that can take a job, the one with the fewest free vCPUs gets it.',
      'The spot price is the share of the driver’s vCPUs that on-demand attempts hold, in percent. A spot attempt starts while it is at or below bidPercentage. When it is above, or an on-demand job at the head of its queue needs the room, spot attempts are told to go, the newest first: SIGTERM, then `jobs.stopGraceSeconds`, then SIGKILL. One that ends with exit code 0 in that time has succeeded.',
      'The usage of a share is the vCPUs it held on average, recent time counting more: an exponential decay with shareDecaySeconds as its time constant (600 s where it is 0 or absent). The next job comes from the share with the lowest (average + vCPUs held now) × weightFactor; of equal shares from the one whose job was submitted first. Usage survives a restart.',
      'An identifier takes the weight of its own entry, else of the prefix that covers it, else 1: each identifier under a prefix has the whole weight.',
      'computeReservation keeps (computeReservation/100)^(active shares) of the vCPUs that the queue’s environments may use and the hosts have. A share is active while it has unfinished jobs, and for shareDecaySeconds after.',
      'With `scheduling.backfill` jobs may pass a head that waits for room. The head reserves a host, more hosts the longer it waits, and of these only so much is given away as keeps nobody in its way but those that ran before it; so much is kept of its environment’s maxvCpus, of consumable resources, and of what its queue and user may run at once.',
    ],
  },
  {
    title: 'Scheduling policies, consumable resources, service environments and quota shares',
    points: [
      'A scheduling policy that names neither kind is a fair-share policy in which all shares weigh the same. Prefixes in a policy may not cover each other either.',
      'A SAGEMAKER_TRAINING queue refuses SubmitJob. The type may be left out: serviceEnvironmentOrder tells it.',
      'A scheduling policy, or a service environment, that a queue refers to is not deleted: `Cannot delete, found existing JobQueue relationship`. Nor is a queue that has quota shares, or a consumable resource that an unfinished job needs: `… existing QuotaShare relationship`, `… existing Job relationship`.',
      'A clientToken of UpdateConsumableResource with another request than before is refused. A repeat is answered with the total of the first time.',
      'REMOVE below zero is refused. SET and REMOVE may leave fewer than are in use.',
      'A REPLENISHABLE resource is held from the placement of an attempt to its end: between attempts it is given back. A NON_REPLENISHABLE one is used up at the placement of each attempt. A range of nodes counts once, however many nodes it has.',
      'ListJobsByConsumableResource lists an array as one job. Its two filters may be combined; each has exactly one value.',
      'The ARN of a quota share is `…:job-queue/QUEUE/quota-share/NAME`. Its instance types must be among those of the service environment; the sums are not compared.',
      'A service environment on a queue with quota shares serves that queue alone, and counts by instance type.',
      'A service job is checked as AWS checks it, and then refused: there is no engine for SageMaker training jobs.',
      'CancelJobs and TerminateJobs take all their ids in one transaction, each once. An empty list is refused. A job and the jobs that wait for it, named together, all end for the reason given.',
    ],
  },
  {
    title: 'Jobs and attempts',
    points: [
      '`startedAt` is absent on jobs that never ran. `stoppedAt` is on every job that ended.',
      'The statusReason of a job that ended is that of its last attempt.',
      'An attempt that a healthy engine denies knowing for 30 seconds (`jobs.lostGraceSeconds`) ends as `Host EC2 (instance i-…) terminated.` An engine that does not answer denies nothing.',
      'So does what ended because its machine or its engine was restarted, or what watched over it was killed: without an exit code. `jobs.lostHostRetries` (0) gives such a job more attempts than its retry strategy.',
      'An attempt whose end the server learns of later has timed out if it ran longer than its timeout by what its engine noted, and otherwise ended as it did.',
      'Patterns of evaluateOnExit are compared with regard to case. A lone `*` matches a missing value too.',
      'ListJobs answers newest first, children of an array and nodes by index.',
      'An array that was cancelled or terminated, and of which a child failed, ends with the reason given, as the API reference says of the reason: DescribeJobs gives it back for the job. So do the children that this ended; those that failed by themselves keep their own. An array of which only children were cancelled, or whose queue was deleted, ends with `Array Child Job failed`.',
      'A job that is told to stop says so in its statusReason until it has ended: `Being stopped: REASON`. Who asked for it is in the job’s record, and shown by `openbatch why` alone.',
    ],
  },
  {
    title: 'Logs',
    points: [
      'awslogs-datetime-format and awslogs-multiline-pattern are taken as Docker’s awslogs driver takes them: a line with a match begins an event. The lines of an event are joined by newlines, with none at its end, and empty lines are left out. It is held for five seconds at most, and is 256 KiB at most.',
      'A pattern that is none, and both options at once, are refused when the container starts, as Docker refuses them, not when the definition is registered: `CannotStartContainerError: failed to initialize logging driver: …`.',
    ],
  },
  {
    title: 'IAM',
    points: [
      'Lists are sorted by name, tags by key, versions of a policy newest first. A marker is the name after which the next page begins.',
      'Policies that openbatch ships stand where AWS’s own do: `arn:aws:iam::aws:policy/…`, scope `AWS`. Nobody changes or tags them (UnmodifiableEntity).',
      'PermissionsBoundary is refused (InvalidInput). So is, in a simulation, what is not simulated: ResourcePolicy, CallerArn, permissions boundaries and the like.',
      'Somebody who plays a role, and a job, must name the user in calls that take the caller’s otherwise: `Must specify userName when calling with non-User credentials`.',
      'A change that would leave no administrator who can sign in is refused (DeleteConflict). AWS has the root user for that.',
      'UpdateUser and UpdateGroup need permission on the ARN of before and on that of after. Jobs stay with the name that submitted them.',
      'Sessions of GetSessionToken may call IAM. On AWS they need MFA for that.',
      'Ids of access keys begin with `OPENB`, so that nobody takes them for keys of AWS. Keys that are brought along keep theirs.',
    ],
  },
  {
    title: 'GetJobQueueSnapshot',
    points: [
      'The first 100 RUNNABLE jobs in the order in which they will be placed, children of arrays one by one. A job that can never fit stands where it would if it could; of a share in which nothing else waits, behind all others. earliestTimeAtPosition is the time since when the job is RUNNABLE.',
      'queueUtilization counts the vCPUs of the attempts of the queue that have not ended.',
    ],
  },
]
