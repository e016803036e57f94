/**
 * Who may call what on whose. A line is an operation, what it acts on, and whose it may be under
 * each policy:
 *
 *     all      anybody's, and what is absent
 *     group    one's own, of the members of one's group, and what is absent
 *     own      one's own, and what is absent: nobody owns it, and the operation says that it is not there
 *     made     one's own, which must be there
 *     oneself  only about oneself
 *     -        nobody's
 *
 * What has no owner (queues, environments, lists) is `all` or `-`. A new operation needs a line, or
 * a default of its service.
 */

export const columns = ['none', 'user', 'group', 'readOnly', 'operator', 'admin'] as const
/** The policies: none at all; OpenBatchUser; that with a statement for one's group; the other shipped ones. */
export type Column = (typeof columns)[number]
export type Outcome = 'all' | 'group' | 'own' | 'made' | 'oneself' | '-'
export type Whose = 'own' | 'group' | 'other' | 'absent'

export interface Row {
  /** `batch:CancelJob`, or `iam:*` for what has no line of its own. */
  readonly name: string
  readonly on: string
  readonly outcomes: Readonly<Record<Column, Outcome>>
}

/*   operation                            on              none  user     group    readOnly operator admin */
export const matrix = rows(`
     batch:DescribeJobs                   list            -     all      all      all      all      all
     batch:ListJobs                       list            -     all      all      all      all      all
     batch:DescribeJobDefinitions         list            -     all      all      all      all      all
     batch:DescribeJobQueues              list            -     all      all      all      all      all
     batch:DescribeComputeEnvironments    list            -     all      all      all      all      all
     batch:DescribeSchedulingPolicies     list            -     all      all      all      all      all
     batch:ListSchedulingPolicies         list            -     all      all      all      all      all
     batch:DescribeConsumableResource     resource        -     all      all      all      all      all
     batch:ListConsumableResources        list            -     all      all      all      all      all
     batch:ListJobsByConsumableResource   resource        -     all      all      all      all      all
     batch:DescribeQuotaShare             resource        -     all      all      all      all      all
     batch:ListQuotaShares                resource        -     all      all      all      all      all
     batch:DescribeServiceEnvironments    list            -     all      all      all      all      all
     batch:DescribeServiceJob             list            -     all      all      all      all      all
     batch:ListServiceJobs                list            -     all      all      all      all      all
     batch:GetJobQueueSnapshot            resource        -     all      all      all      all      all
     batch:ListTagsForResource            job             -     all      all      all      all      all
     batch:ListTagsForResource            job-definition  -     all      all      all      all      all
     batch:ListTagsForResource            job-queue       -     all      all      all      all      all

     batch:SubmitJob                      job-definition  -     all      all      -        all      all
     batch:SubmitServiceJob               resource        -     all      all      -        all      all
     batch:RegisterJobDefinition          resource        -     all      all      -        all      all

     batch:CancelJob                      job             -     own      group    -        all      all
     batch:CancelJobs                     job             -     own      group    -        all      all
     batch:TerminateJob                   job             -     own      group    -        all      all
     batch:TerminateJobs                  job             -     own      group    -        all      all
     batch:TagResource                    job             -     own      own      -        all      all
     batch:TagResource                    job-definition  -     own      own      -        all      all
     batch:TagResource                    job-queue       -     -        -        -        all      all
     batch:UntagResource                  job             -     own      own      -        all      all
     batch:UntagResource                  job-definition  -     own      own      -        all      all
     batch:UntagResource                  job-queue       -     -        -        -        all      all
     batch:DeregisterJobDefinition        job-definition  -     own      own      -        all      all
     batch:TerminateServiceJob            resource        -     all      all      -        all      all
     batch:TerminateServiceJobs           resource        -     all      all      -        all      all
     batch:UpdateServiceJob               resource        -     all      all      -        all      all

     batch:CreateComputeEnvironment       resource        -     -        -        -        all      all
     batch:UpdateComputeEnvironment       resource        -     -        -        -        all      all
     batch:DeleteComputeEnvironment       resource        -     -        -        -        all      all
     batch:CreateJobQueue                 resource        -     -        -        -        all      all
     batch:UpdateJobQueue                 resource        -     -        -        -        all      all
     batch:DeleteJobQueue                 resource        -     -        -        -        all      all
     batch:CreateSchedulingPolicy         resource        -     -        -        -        all      all
     batch:UpdateSchedulingPolicy         resource        -     -        -        -        all      all
     batch:DeleteSchedulingPolicy         resource        -     -        -        -        all      all
     batch:CreateConsumableResource       resource        -     -        -        -        all      all
     batch:UpdateConsumableResource       resource        -     -        -        -        all      all
     batch:DeleteConsumableResource       resource        -     -        -        -        all      all
     batch:CreateQuotaShare               resource        -     -        -        -        all      all
     batch:UpdateQuotaShare               resource        -     -        -        -        all      all
     batch:DeleteQuotaShare               resource        -     -        -        -        all      all
     batch:CreateServiceEnvironment       resource        -     -        -        -        all      all
     batch:UpdateServiceEnvironment       resource        -     -        -        -        all      all
     batch:DeleteServiceEnvironment       resource        -     -        -        -        all      all

     logs:DescribeLogGroups               list            -     all      all      all      all      all
     logs:DescribeLogStreams              resource        -     all      all      all      all      all
     logs:FilterLogEvents                 resource        -     all      all      all      all      all
     logs:GetLogEvents                    resource        -     all      all      all      all      all

     logs:CreateLogGroup                  log-group       -     own      own      -        all      all
     logs:DeleteLogGroup                  log-group       -     own      own      -        all      all
     logs:PutRetentionPolicy              log-group       -     own      own      -        all      all
     logs:DeleteRetentionPolicy           log-group       -     own      own      -        all      all
     logs:CreateLogStream                 log-group       -     own      own      -        all      all
     logs:DeleteLogStream                 log-group       -     own      own      -        all      all
     logs:PutLogEvents                    log-group       -     own      own      -        all      all

     ec2:DescribeInstances                list            -     all      all      all      all      all
     ec2:DescribeInstanceTypes            list            -     all      all      all      all      all
     ecs:DescribeTasks                    resource        -     all      all      all      all      all
     ecs:DescribeContainerInstances       resource        -     all      all      all      all      all
     ssm:GetParameter                     resource        -     -        -        -        -        all
     ssm:GetParameters                    resource        -     -        -        -        -        all
     secretsmanager:GetSecretValue        resource        -     -        -        -        -        all
     secretsmanager:DescribeSecret        resource        -     -        -        -        -        all

     sts:GetCallerIdentity                list            all   all      all      all      all      all
     sts:GetSessionToken                  list            all   all      all      all      all      all
     sts:AssumeRole                       role            all   all      all      all      all      all

     iam:GetUser                          user            -     oneself  oneself  oneself  oneself  all
     iam:ListAccessKeys                   user            -     oneself  oneself  oneself  oneself  all
     iam:ChangePassword                   list            -     all      all      all      all      all
     iam:SimulatePrincipalPolicy          user            -     oneself  oneself  oneself  oneself  all

     s3:ListBuckets                       list            -     all      all      all      all      all
     s3:CreateBucket                      bucket          -     own      own      -        all      all
     s3:HeadBucket                        bucket          -     all      all      all      all      all
     s3:DeleteBucket                      bucket          -     own      own      -        all      all
     s3:PutBucketAcl                      bucket          -     -        -        -        all      all
     s3:PutBucketTagging                  bucket          -     made     made     -        all      all
     s3:DeleteBucketTagging               bucket          -     made     made     -        all      all
     s3:PutBucketLifecycleConfiguration   bucket          -     made     made     -        all      all
     s3:DeleteBucketLifecycle             bucket          -     made     made     -        all      all
     s3:PutBucketCors                     bucket          -     made     made     -        all      all
     s3:DeleteBucketCors                  bucket          -     made     made     -        all      all
     s3:PutBucketVersioning               bucket          -     made     made     -        all      all
     s3:PutBucketPolicy                   bucket          -     made     made     -        all      all
     s3:DeleteBucketPolicy                bucket          -     made     made     -        all      all
     s3:PutPublicAccessBlock              bucket          -     made     made     -        all      all
     s3:DeletePublicAccessBlock           bucket          -     made     made     -        all      all
     s3:PutObjectAcl                      object          -     all      all      -        all      all
     s3:PutObject                         object          -     all      all      -        all      all
     s3:PostObject                        object          -     all      all      -        all      all
     s3:HeadObject                        object          -     all      all      all      all      all
     s3:DeleteObject                      object          -     all      all      -        all      all
     s3:DeleteObjects                     bucket          all   all      all      all      all      all
     s3:CopyObject                        object          -     all      all      -        all      all
     s3:PutObjectTagging                  object          -     all      all      -        all      all
     s3:DeleteObjectTagging               object          -     all      all      -        all      all
     s3:CreateMultipartUpload             object          -     all      all      -        all      all
     s3:UploadPart                        object          -     all      all      -        all      all
     s3:UploadPartCopy                    object          -     all      all      -        all      all
     s3:CompleteMultipartUpload           object          -     all      all      -        all      all
     s3:AbortMultipartUpload              object          -     all      all      -        all      all
     s3:GetObject                         object          -     all      all      all      all      all
     s3:GetObjectAttributes               object          -     all      all      all      all      all
     s3:GetObjectAcl                      object          -     all      all      all      all      all
     s3:GetObjectTagging                  object          -     all      all      all      all      all
     s3:ListParts                         object          -     all      all      all      all      all

     openbatch:ExplainJob                 job             -     all      all      all      all      all
     openbatch:TellStory                  job             -     all      all      all      all      all
     openbatch:GetJob                     job             -     all      all      all      all      all
     openbatch:ListQueues                 list            -     all      all      all      all      all
     openbatch:GetQueue                   list            -     all      all      all      all      all
     openbatch:ListEnvironments           list            -     all      all      all      all      all
     openbatch:SearchJobs                 list            -     all      all      all      all      all
     openbatch:WatchChanges               list            -     all      all      all      all      all
     openbatch:GetJobCounts               list            -     all      all      all      all      all
     openbatch:ListInstances              list            -     all      all      all      all      all
     openbatch:GetInstance                list            -     all      all      all      all      all
     openbatch:ExplainAccess              user            -     oneself  oneself  oneself  all      all
     openbatch:InterruptInstance          list            -     -        -        -        all      all
     openbatch:ListImages                 list            -     -        -        -        all      all
     openbatch:PullImage                  list            -     -        -        -        all      all
     openbatch:PruneImages                list            -     -        -        -        all      all
     openbatch:ListHeldJobs               list            -     -        -        -        all      all
     openbatch:ReleaseJob                 job             -     -        -        -        all      all
     openbatch:PruneJobDefinitions        list            -     -        -        -        all      all
     openbatch:DescribeObjectStore        list            all   all      all      all      all      all
     openbatch:DescribeSession            list            all   all      all      all      all      all
     openbatch:CreateConsoleLink          list            all   all      all      all      all      all
     openbatch:ReadAudit                  list            -     -        -        -        all      all
     openbatch:ReadMetrics                list            -     -        -        -        all      all
     openbatch:RereadBuckets              list            -     -        -        -        all      all
`)

/** For the operations of a service that have no line of their own. */
export const byDefault = rows(`
     iam:*                                user            -     -        -        -        -        all
     s3:*                                 bucket          -     all      all      all      all      all
`)

function rows(table: string): readonly Row[] {
  return table
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name = '', on = '', ...words] = line.trim().split(/ +/)
      if (words.length !== columns.length) throw new Error(`${line}: not a word for each policy`)
      const outcomes = Object.fromEntries(columns.map((column, index) => [column, words[index]!])) as Row['outcomes']
      return { name, on, outcomes }
    })
}

export interface Named {
  readonly whose: Whose
  readonly owner: string
  readonly jobId: string
  readonly jobArn: string
  readonly jobDefinition: string
}

/** The input of a call: every member that names something, named alike. */
export function inputsOf(on: string, { whose, owner, jobId, jobArn, jobDefinition }: Named): object {
  const name = whose === 'absent' ? 'absent' : 'q'
  const arnOf = (kind: string) => `arn:aws:batch:us-west-2:123456789012:${kind}/${name}`
  const identityArn = (kind: string, of: string) => `arn:aws:iam::123456789012:${kind}/${of}`
  const tagged: Readonly<Record<string, string>> = { job: jobArn, 'job-definition': jobDefinition }
  return {
    ...{ jobId, jobs: [jobId], reason: 'r', jobDefinition, jobQueue: name, user: owner, UserName: owner },
    ...{ resourceArn: tagged[on] ?? arnOf(on), arn: arnOf('scheduling-policy'), name, jobName: 'j', tagKeys: [] },
    ...{ jobDefinitionName: name, jobQueueName: name, computeEnvironment: name, computeEnvironmentName: name },
    ...{ consumableResource: name, consumableResourceName: name, serviceEnvironment: name },
    ...{
      serviceEnvironmentName: name,
      quotaShareName: name,
      quotaShareArn: `${arnOf('job-queue')}/quota-share/${name}`,
    },
    ...{ cluster: name, tasks: [name], containerInstances: [name], Name: name, Names: [name], SecretId: name },
    logGroupName: on === 'log-group' ? `of-${owner}` : name,
    ...{ logStreamName: name, RoleArn: identityArn('role', name) },
    // Buckets have owners.
    ...(on === 'list' ? { bucket: '', key: '' } : { bucket: `of-${owner}`, key: on === 'object' ? 'key' : '' }),
    query: new Map(),
    headers: {},
    ...{ GroupName: name, RoleName: name, PolicyName: name, AccessKeyId: `KEY${owner}` },
    ...{ PolicyArn: identityArn('policy', name), PolicySourceArn: identityArn('user', owner) },
  }
}
