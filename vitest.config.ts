import { defineConfig } from 'vitest/config'

// Below this, SQLite's binding ends the process without a word.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 14))
  throw new Error(
    `this is Node ${process.versions.node}, and the tests need 22.14 or newer: run them by npm (npm test), which uses the Node in node_modules`,
  )

/**
 * The files of a worker share its process and its modules: a process for each file took two fifths of a run. A test
 * therefore puts back what it changes of the process: the environment, a mock, a timer.
 */
const inProcess = { isolate: false, maxWorkers: '100%' } as const

/** Each of them has servers of its own, and no engine. */
const clientFiles = [
  'aws-command',
  'cromwell',
  'debian-boto3',
  'debian-cli',
  'iam',
  'imitations',
  'js-sdk',
  'newest-boto3',
  'newest-cli',
  'nextflow',
].map((name) => `test/conformance/${name}.test.ts`)

/** A workflow manager each, which mostly waits for its own polls; `genomics` also has an engine of its own. */
const workflowFiles = ['airflow', 'genomics', 'luigi', 'metaflow', 'miniwdl', 'redun', 'snakemake', 'toil'].map(
  (name) => `test/conformance/workflows/${name}.test.ts`,
)

/** The same again, each with an engine: beyond what `verify` has time for (`npm run test:workflows`). */
const workflowsOnDocker = 'test/conformance/workflows/on-docker/*.test.ts'

/** They cost as much as tests of servers: a process for each kill, job or verb, or a whole contract for a second time. */
const longInSources = [
  ...['attributed-store', 'crash', 'version-crash'].map((name) => `objects/files/${name}`),
  ...['drivers/process/tampering', 'cli/verbs'],
].map((name) => `src/${name}.test.ts`)

const onServers = {
  globalSetup: ['test/support/run-folder.ts', 'test/support/built.ts'],
  testTimeout: 180_000,
  hookTimeout: 600_000,
}

/**
 * `unit` needs nothing but Node. `properties` tries in full what unit tries in short: random worlds by the hundred
 * (`src/core/property-runs.testing.ts`). `system` starts real servers, engines and clients, one file at a time. `clients` are
 * those of its files that wait for a client's own computing, a process for each call, and so run beside each other. `workflows` are
 * workflow managers whose jobs are containers.
 */
export default defineConfig({
  test: {
    // What looks for leftovers at the end waits for what is ending.
    teardownTimeout: 60_000,
    projects: [
      {
        test: {
          ...inProcess,
          name: 'unit',
          include: ['src/**/*.test.ts', 'simulation/**/*.test.ts', 'scripts/**/*.test.ts'],
          exclude: longInSources,
          globalSetup: ['test/support/run-folder.ts'],
          // The longest properties take ten seconds on a quiet machine.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...inProcess,
          name: 'properties',
          include: ['src/**/*.properties.test.ts'],
          env: { PROPERTY_RUNS: 'whole' },
          globalSetup: ['test/support/run-folder.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'system',
          ...onServers,
          include: ['test/**/*.test.ts', ...longInSources],
          exclude: [...clientFiles, ...workflowFiles, workflowsOnDocker],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'clients',
          ...onServers,
          include: [...clientFiles, ...workflowFiles],
          maxWorkers: 2,
          // One group after the other, when both run.
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'workflows',
          ...onServers,
          include: [workflowsOnDocker],
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
})
