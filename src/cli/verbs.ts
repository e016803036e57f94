/**
 * The verbs of the command, in the order of its help. To add one, add its file and a line here. A
 * verb's file is imported only when the verb is used, so `openbatch --help` loads none of them.
 */
import type { Command } from 'commander'
import type { Terminal } from './terminal.ts'

/** Gives a verb its options, its own verbs and its action. */
export type BuildVerb = (verb: Command, terminal: Terminal) => void

export interface Verb {
  /** The usage in help: the name, then the arguments. */
  readonly usage: string
  /** What the verb does: in the imperative, with a small first letter and no full stop. */
  readonly summary: string
  readonly load: () => Promise<BuildVerb>
}

export const verbs: readonly Verb[] = [
  {
    usage: 'serve',
    summary: 'run the server; once it serves it prints one line, ready http://HOST:PORT or https://…',
    load: async () => (await import('./serve.ts')).buildServe,
  },
  {
    usage: 'env',
    summary: 'print shell lines that point AWS clients at this server: eval "$(openbatch env)"',
    load: async () => (await import('./env.ts')).buildEnv,
  },
  {
    usage: 'jobs [text]',
    summary: 'find jobs: by default your own, the newest first, with what each waits for',
    load: async () => (await import('./jobs.ts')).buildJobs,
  },
  {
    usage: 'why <job>',
    summary: 'say why a job waits, or how it ended: its id, a child as ID:INDEX, a node as ID#INDEX',
    load: async () => (await import('./why.ts')).buildWhy,
  },
  {
    usage: 'story <job>',
    summary: 'tell what happened to a job, with times and causes',
    load: async () => (await import('./story.ts')).buildStory,
  },
  {
    usage: 'instances [instance]',
    summary: 'list the hosts and what is free on them, or what runs on one',
    load: async () => (await import('./instances.ts')).buildInstances,
  },
  {
    usage: 'interrupt <instance>',
    summary: 'end all spot attempts on an instance, as if it were reclaimed: i-…, as `openbatch instances` shows it',
    load: async () => (await import('./interrupt.ts')).buildInterrupt,
  },
  {
    usage: 'image',
    summary: 'list, pull and remove the images of jobs',
    load: async () => (await import('./image.ts')).buildImage,
  },
  {
    usage: 'definition',
    summary: 'delete job definitions that were deregistered, to make room',
    load: async () => (await import('./definition.ts')).buildDefinition,
  },
  {
    usage: 'release [job...]',
    summary: 'release jobs that are held since a restore; without a job, list them',
    load: async () => (await import('./release.ts')).buildRelease,
  },
  {
    usage: 'tls',
    summary: 'make a certificate for the server, and show it',
    load: async () => (await import('./tls.ts')).buildTls,
  },
  {
    usage: 'backup',
    summary: 'make a backup of a data directory, or verify one',
    load: async () => (await import('./backup.ts')).buildBackup,
  },
  {
    usage: 'restore <backup>',
    summary: 'make a data directory from a backup',
    load: async () => (await import('./restore.ts')).buildRestore,
  },
  {
    usage: 'access',
    summary: 'say what users may do, and by which policy',
    load: async () => (await import('./access.ts')).buildAccess,
  },
  {
    usage: 'audit',
    summary: 'list the requests that changed something, and those that were refused',
    load: async () => (await import('./audit.ts')).buildAudit,
  },
  {
    usage: 'open',
    summary: 'print a link that signs a browser in, once',
    load: async () => (await import('./open.ts')).buildOpen,
  },
  {
    usage: 'login',
    summary: 'sign in for 12 hours, in a profile of AWS clients: eval "$(openbatch login)"',
    load: async () => (await import('./login.ts')).buildLogin,
  },
  {
    usage: 'credentials',
    summary: 'print temporary credentials, for `credential_process` of an AWS profile',
    load: async () => (await import('./credentials.ts')).buildCredentials,
  },
  {
    usage: 'user',
    summary: 'add, list, change and remove users and their keys',
    load: async () => (await import('./user.ts')).buildUser,
  },
  {
    usage: 'group',
    summary: 'add, list and remove groups, their members and policies',
    load: async () => (await import('./group.ts')).buildGroup,
  },
  {
    usage: 'role',
    summary: 'add, list and remove roles, and their policies',
    load: async () => (await import('./role.ts')).buildRole,
  },
  {
    usage: 'policy',
    summary: 'add, show, update, list and remove policies',
    load: async () => (await import('./policy.ts')).buildPolicy,
  },
  {
    usage: 'bucket',
    summary: 'serve directories of this machine as buckets of S3',
    load: async () => (await import('./bucket.ts')).buildBucket,
  },
  {
    usage: 'secret',
    summary: 'set, list and remove secrets for jobs, as in Secrets Manager and Parameter Store',
    load: async () => (await import('./secret.ts')).buildSecret,
  },
]
