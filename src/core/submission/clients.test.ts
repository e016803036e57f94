/**
 * What real clients register and submit, read from their sources (2026): everything is accepted.
 */
import { expect, test } from 'vitest'
import type {
  RegisterJobDefinitionRequest,
  ResourceRequirement,
  SubmitJobRequest,
} from '../../model/generated/batch.ts'
import { validateJobDefinition } from '../job-definition/check.ts'
import { normaliseJobDefinition } from '../job-definition/normalise.ts'
import { resolved } from './resolve.testing.ts'

const needs = (vcpus: string, memory: string): ResourceRequirement[] => [
  { type: 'VCPU', value: vcpus },
  { type: 'MEMORY', value: memory },
]
const bind = (name: string, sourcePath: string) => ({ name, host: { sourcePath } })

interface Client {
  readonly registers: Omit<RegisterJobDefinitionRequest, 'type'>
  readonly submits: Omit<SubmitJobRequest, 'jobQueue' | 'jobDefinition'>
}

const clients: Record<string, Client> = {
  nextflow: {
    registers: {
      jobDefinitionName: 'nf-quay-io-biocontainers-samtools-1-17--h00cdaf9_0',
      parameters: { 'nf-token': '5f0c1a' },
      tags: { 'nextflow.io/createdAt': '2026-11-22T14:42:00Z', 'nextflow.io/version': '25.10.0' },
      containerProperties: {
        image: 'quay.io/biocontainers/samtools:1.17--h00cdaf9_0',
        command: ['true'],
        resourceRequirements: needs('1', '1024'),
        jobRoleArn: 'arn:aws:iam::123456789012:role/doe-batch',
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-region': 'us-west-2', 'awslogs-group': '/aws/batch/job' },
        },
        volumes: [bind('aws-cli', '/home/ec2-user/miniconda'), bind('vol-1', '/var/lib/docker')],
        mountPoints: [
          { sourceVolume: 'aws-cli', containerPath: '/home/ec2-user/miniconda', readOnly: true },
          { sourceVolume: 'vol-1', containerPath: '/tmp', readOnly: false },
        ],
      },
    },
    submits: {
      jobName: 'nf-core_rnaseq_FASTQC_1',
      containerOverrides: {
        command: ['bash', '-o', 'pipefail', '-c', 'trap "exit 1" TERM; bash .command.run > >(tee .command.log) 2>&1'],
        resourceRequirements: [
          { type: 'MEMORY', value: '4096' },
          { type: 'VCPU', value: '2' },
        ],
        environment: [
          { name: 'AWS_RETRY_MODE', value: 'standard' },
          { name: 'AWS_MAX_ATTEMPTS', value: '5' },
        ],
      },
      timeout: { attemptDurationSeconds: 3600 },
      retryStrategy: {
        attempts: 5,
        evaluateOnExit: [
          { action: 'RETRY', onStatusReason: 'Host EC2*' },
          { action: 'EXIT', onReason: '*' },
        ],
      },
      propagateTags: true,
      arrayProperties: { size: 100 },
    },
  },
  cromwell: {
    registers: {
      jobDefinitionName: 'cromwell_ubuntu_latest_da39a3ee5e6b4b0d3255bfef95601890afd80709',
      retryStrategy: { attempts: 3, evaluateOnExit: [] },
      containerProperties: {
        image: 'ubuntu:latest',
        command: ['/bin/bash', '-c', '/var/scratch/fetch_and_run.sh'],
        resourceRequirements: needs('1', '2048'),
        logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': '/aws/batch/job' } },
        volumes: [
          bind('local-disk', '/cromwell_root'),
          bind('fetchAndRunScript', '/usr/local/bin/fetch_and_run.sh'),
          bind('awsCliHome', '/usr/local/aws-cli'),
        ],
        mountPoints: [
          { sourceVolume: 'local-disk', containerPath: '/cromwell_root' },
          { sourceVolume: 'fetchAndRunScript', containerPath: '/var/scratch/fetch_and_run.sh', readOnly: true },
          { sourceVolume: 'awsCliHome', containerPath: '/usr/local/aws-cli' },
        ],
        environment: [],
        ulimits: [],
        linuxParameters: { sharedMemorySize: 64, devices: [{ hostPath: '/dev/fuse', permissions: ['READ', 'WRITE'] }] },
        privileged: false,
      },
    },
    submits: {
      jobName: 'hello_wf_hello',
      parameters: {},
      containerOverrides: {
        environment: [
          { name: 'BATCH_FILE_TYPE', value: 'script' },
          { name: 'BATCH_FILE_S3_URL', value: 's3://fh-pi-doe-j-eco/scripts/0cc175b9' },
        ],
        resourceRequirements: needs('2', '4096'),
      },
    },
  },
  miniwdl: {
    registers: {
      jobDefinitionName: 'align-mfzwizlt',
      containerProperties: {
        image: `ubuntu@sha256:${'0'.repeat(64)}`,
        command: [
          '/bin/bash',
          '-ec',
          'cd /shared/work\nexit_code=0\n/bin/bash ../command || exit_code=$?\nexit $exit_code',
        ],
        environment: [{ name: 'HOME', value: '/root' }],
        resourceRequirements: needs('1', '1024'),
        privileged: false,
        volumes: [bind('shared', '/shared')],
        mountPoints: [{ sourceVolume: 'shared', containerPath: '/shared' }],
        user: '1000:1000',
      },
    },
    submits: { jobName: 'align-mfzwizlt', timeout: { attemptDurationSeconds: 86_400 }, tags: { Name: 'align' } },
  },
  toil: {
    registers: {
      jobDefinitionName: 'toil-0d6d0d3e-9f6f-4ad9-8a55-1f1d1ab3f1f5',
      containerProperties: {
        image: 'quay.io/ucsc_cgl/toil:6.1.0-py3.11',
        volumes: [bind('mnt0', '/var/lib/toil'), bind('mnt1', '/var/run/docker.sock'), bind('mnt2', '/tmp')],
        mountPoints: [
          { containerPath: '/var/lib/toil', sourceVolume: 'mnt0' },
          { containerPath: '/var/run/docker.sock', sourceVolume: 'mnt1' },
          { containerPath: '/tmp', sourceVolume: 'mnt2' },
        ],
        resourceRequirements: [
          { type: 'MEMORY', value: '2048' },
          { type: 'VCPU', value: '1' },
        ],
        privileged: true,
      },
      retryStrategy: { attempts: 1 },
      propagateTags: true,
    },
    submits: {
      jobName: 'CWLJob',
      containerOverrides: {
        command: ['_toil_contained_executor', 'gASV'.repeat(5000)],
        environment: [],
        resourceRequirements: needs('1', '2048'),
      },
    },
  },
  metaflow: {
    registers: {
      jobDefinitionName: `metaflow_${'a'.repeat(56)}`,
      containerProperties: {
        image: 'python:3.12',
        command: ['echo', 'hello world'],
        jobRoleArn: 'arn:aws:iam::123456789012:role/metaflow',
        resourceRequirements: needs('1', '4096'),
        linuxParameters: {},
        privileged: false,
      },
      propagateTags: true,
    },
    submits: {
      jobName: 'HelloFlow-12-start-34-0',
      parameters: { 'metaflow.flow_name': 'HelloFlow', 'metaflow.run_id': '12' },
      containerOverrides: {
        command: ['bash', '-c', `true && mkdir -p $PWD/.logs; ${'x'.repeat(3000)}`],
        resourceRequirements: needs('2', '4096'),
        environment: [{ name: 'METAFLOW_USER', value: 'jdoe' }],
      },
      timeout: { attemptDurationSeconds: 432_000 },
      retryStrategy: { attempts: 1 },
    },
  },
  airflow: {
    registers: {
      jobDefinitionName: 'airflow',
      containerProperties: { image: 'busybox', vcpus: 1, memory: 128, command: ['ls', 'Ref::where'] },
      parameters: { where: '/' },
    },
    submits: { jobName: 'task', parameters: {}, tags: {}, containerOverrides: {}, arrayProperties: {} },
  },
  'the walk-through of the Hutch': {
    registers: {
      jobDefinitionName: 'myJobDef',
      containerProperties: {
        image: 'ubuntu:16.04',
        resourceRequirements: needs('1', '1024'),
        volumes: [bind('docker_scratch', '/docker_scratch')],
        mountPoints: [{ sourceVolume: 'docker_scratch', containerPath: '/tmp', readOnly: false }],
      },
    },
    submits: {
      jobName: 'jdoe-test-job',
      containerOverrides: {
        command: ['echo', 'hello world'],
        environment: [
          { name: 'FAVORITE_COLOR', value: 'blue' },
          { name: 'FAVORITE_MONTH', value: 'December' },
        ],
      },
    },
  },
}

test.each(Object.entries(clients))('%s', (_client, { registers, submits }) => {
  const request: RegisterJobDefinitionRequest = { type: 'container', ...registers }
  expect(validateJobDefinition(request)).toBeUndefined()

  const arn = `arn:aws:batch:us-west-2:123456789012:job-definition/${registers.jobDefinitionName}:1`
  const definition = normaliseJobDefinition(request, { arn, revision: 1 })
  expect(definition).toMatchObject({
    ...registers,
    ...(registers.retryStrategy && { retryStrategy: expect.anything() }),
  })

  const submission = { jobQueue: 'default', jobDefinition: arn, ...submits }
  expect(resolved(definition, submission).spec.jobDefinition).toBe(arn)
})
