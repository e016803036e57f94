/** Where openbatch knowingly differs from AWS. */
import type { Section } from './decisions.ts'

export const departures: readonly Section[] = [
  {
    title: 'API',
    points: [
      'A call that an SDK repeats (the same user, `amz-sdk-invocation-id`, operation and body, within 24 hours) gets the first answer again. On AWS a repeated SubmitJob submits twice.',
      'A request with a member or a key (of tags, of parameters) called `__proto__` is refused.',
      'Calls are not throttled. 429 is answered only while 50,000 commands wait.',
      'Every answer of Describe and List holds what was acknowledged before. On AWS some lag behind.',
      'One server is one account and one region. A request signed for another region is served, and ARNs carry the server’s region.',
    ],
  },
  {
    title: 'S3',
    points: [
      'Buckets are in the path of requests, and in the names of hosts below `objects.domains`. URLs are signed by Signature Version 4 only.',
      'There are no access control lists: what puts one is refused with `AccessControlListNotSupported`, unless it is `private` or `bucket-owner-full-control`.',
      'A body may come in chunks without a length. If-None-Match of a write may name an entity tag. Entity tags may be conditions of CompleteMultipartUpload and CopyObject too.',
      'A file that another program puts in the place of an object is its null version, as if versioning were suspended. A file that another program removes leaves no delete marker, and its versions without a latest one. Deletion with multi-factor authentication (MFADelete) is refused by name.',
      'A full disk answers `InsufficientStorage` (507).',
      'Settings of buckets that openbatch does not have are answered as not set (GetBucketEncryption, GetBucketWebsite …); putting them is refused.',
    ],
  },
  {
    title: 'Jobs',
    points: [
      'Jobs that ended are kept for ever, or for `jobs.retentionDays`. AWS keeps them for at least seven days.',
      'The first 48 bits of a job’s id, a UUID by its form, tell when it was submitted.',
      'Inactive job definitions are kept for ever. AWS keeps them for 180 days.',
      'Waiting jobs, and starting ones, carry a statusReason that says what they wait for. Where AWS has a text for it (`MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT …`), that text comes first; a plain wait for capacity says more than AWS’s `CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY`, and `openbatch why` tells this code beside it. Other jobs are named in it with their owner and the time since which they run, whoever asks.',
      'A job that can never fit does not hold back its queue.',
      'A job that waits for no other is RUNNABLE as soon as it is submitted. The children of an array are RUNNABLE at once too, and start in the order of their indexes.',
      'Pods run without Kubernetes, as containers of the environment’s driver. What Kubernetes alone has is refused: service accounts, imagePullSecrets, volumes of secrets and of persistent volume claims, emptyDir in memory, subPath, shareProcessNamespace, imagePullPolicy Never, and Always but for an image named by its digest. `$(NAME)` is replaced in command and args, not in the values of variables.',
      'Containers of one job share their network and the volumes without a path. They share neither memory nor process ids: ipcMode and pidMode `host`, and `task` for several containers, are refused, and so is firelensConfiguration.',
      'Secrets come from a list of the operator’s (docs/operate/secrets.md). executionRoleArn is required beside them; its policies say which of them a job gets, and RegisterJobDefinition asks `iam:PassRole` for it.',
      'Users without `openbatch:ReachHost` are refused (AccessDeniedException) what reaches the host in a definition or a job, unless their compute environment grants it (docs/operate/security.md). AWS’s hosts belong to the account, and AWS has no such rule. No program in a container gains rights by running, and a container has a bound on its processes.',
      'The statusSummary of an array is that of this moment. On AWS it lags behind.',
      '`AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_ENDPOINT_URL` and the same for Batch, CloudWatch Logs, S3 and STS are set in every job whose definition does not set them. AWS sets the first two on Fargate only, and the others not at all.',
      'A job without a role has credentials of its own, which may only ask who it is (docs/use/credentials.md). On AWS it has those of its instance. A jobRoleArn whose role does not exist is accepted, and its jobs get no credentials.',
    ],
  },
  {
    title: 'Beyond AWS, off unless the operator turns it on',
    points: [
      'Arrays of more than 10,000 children: `jobs.maxArraySize`.',
      'More than 20 dependencies of a job: `jobs.maxDependencies`.',
      'Dependencies of the type AFTER_ANY, which any end of the job meets, also a failure: `jobs.afterAnyDependencies`. Without the setting they are refused.',
    ],
  },
  {
    title: 'Machines',
    points: [
      'A compute environment is a share of one driver’s capacity. No machine is started or stopped.',
      'All memory of the host is counted as room for jobs. AWS keeps a part for its agent.',
      'The mount of the host path `/docker_scratch` is a directory of the attempt alone, gone when the attempt is removed.',
      'The docker driver gives a job at least 6 MiB of memory, the least Docker takes. AWS Batch allows 4 MiB.',
      'By default jobs share one network namespace of their own on a bridge. On AWS they share that of their host.',
    ],
  },
  {
    title: 'EC2, ECS, Systems Manager, Secrets Manager',
    points: [
      'DescribeInstances shows the hosts, and DescribeInstanceTypes what they have. The name of a type says it: `openbatch.16x64` has 16 vCPUs and 64 GiB, `openbatch.16x64x2` two GPUs too. AWS’s types are not known. Filters are `instance-id`, `instance-type`, `instance-state-name`, `instance-state-code`, `availability-zone`, `private-dns-name`, `private-ip-address`, `tag:`*key* and `tag-key`; of types `instance-type`, `vcpu-info.default-vcpus` and `memory-info.size-in-mib`.',
      'A cluster of ECS is a compute environment, under the name in its `ecsClusterArn`; a task is an attempt, under the `taskArn` of DescribeJobs. The 20,000 tasks that ended last, since the server started, are still known. A task of somebody whose jobs the caller may not see is `MISSING`.',
      'Parameters and secrets are the operator’s (docs/operate/secrets.md). There is one version of each: `1`, and `AWSCURRENT`. A parameter is a SecureString unless it was set with `--plain`. KMS is not asked.',
    ],
  },
  {
    title: 'Logs',
    points: [
      'A log group exists from the first stream of a job on, without being created. CreateLogGroup makes one for programs that write logs of their own.',
      'What jobs print and what requests write are kept apart: no request makes, writes or deletes a stream of a job, and nothing but jobs is in /aws/batch/job.',
      'Requests of one user write at most 2 GiB into at most 10,000 streams, in 200 groups; more is refused with `LimitExceededException`.',
      'A line longer than 256 KiB is cut into several events.',
      '`storedBytes` of a stream is its size on disk. CloudWatch answers 0.',
      'The output kept of one attempt is limited (`logs.maxMibPerAttempt`, 10 GiB). The last line kept says so.',
    ],
  },
  {
    title: 'Events',
    points: [
      'Events go to a file or to webhooks (docs/operate/events.md), in the form in which EventBridge delivers them. There are no rules or targets.',
      'Events of one job come in order. On AWS they may not.',
      'An array child is told of from when it is about to start: RUNNABLE and STARTING come together. If it ends before, FAILED is all that is told of it.',
      '`Batch Job Queue Blocked` is sent for every job that can never fit, not for the head of the queue alone, as such a job does not hold back those behind it.',
    ],
  },
]
