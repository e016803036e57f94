/**
 * The three ways to run the workflow of `examples/genomics`. Each has the client's own installation,
 * an image for its jobs, and the commands of the example's README.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { newestClients } from '../../test/conformance/clients/installed.ts'
import { installedManager, toilCommit } from '../../test/conformance/workflows/installed.ts'
import { snakemakeEnvironment } from '../../test/conformance/workflows/snakemake-jobs.ts'
import { loadDebianImage } from '../../test/engine/debian-image.ts'
import { root } from '../../test/support/built.ts'

export const example = join(root, 'examples', 'genomics')

export const wayNames = ['boto3', 'toil', 'snakemake'] as const
export type WayName = (typeof wayNames)[number]

export interface Way {
  readonly name: WayName
  /** For people. */
  readonly told: string
  /** The folder of the client's commands. */
  readonly commands: string
  /** The image of its jobs. */
  readonly image: string
  readonly loadImage: (socketPath: string) => Promise<void>
  /** For `sh -ec`, in a copy of the example, with the image in GENOMICS_IMAGE. */
  readonly command: string
}

const makers: Readonly<Record<WayName, () => Way>> = { boto3, toil, snakemake }

/** Installs the client where it is missing, which may take minutes. */
export function prepareWay(name: WayName): Way {
  return makers[name]()
}

/** Its jobs have the program and no client: they copy with the `aws` command that is mounted. */
function boto3(): Way {
  const { commandFolder, python } = newestClients()
  const version = execFileSync(python, ['-c', 'import boto3; print(boto3.__version__)'], { encoding: 'utf8' }).trim()
  return {
    ...{ name: 'boto3', told: `a script with boto3 ${version}`, commands: commandFolder },
    ...withImage('openbatch-genomics:boto3', []),
    command: 'python3 batch.py',
  }
}

function toil(): Way {
  const { commands, version } = installedManager('toil')
  return {
    ...{ name: 'toil', told: `a CWL workflow with ${version}`, commands },
    // Toil asks the registry for the image unless the commit is part of its name.
    ...withImage(`openbatch-genomics-toil:${toilCommit()}`, [commands]),
    command: 'sh toil.sh',
  }
}

function snakemake(): Way {
  const { commands, version } = installedManager('snakemake')
  const variables = Object.entries(snakemakeEnvironment()).map(([variable, value]) => `${variable}=${value}`)
  return {
    ...{ name: 'snakemake', told: `a workflow of rules with ${version}`, commands },
    ...withImage('openbatch-genomics:snakemake', [commands], variables),
    command: 'sh snakemake.sh',
  }
}

/** Debian's Python, the program of the steps, and the client's environment if its jobs need it. */
function withImage(image: string, commands: readonly string[], variables: readonly string[] = []) {
  const path = [...commands, '/usr/local/bin', '/usr/bin', '/bin'].join(':')
  return {
    image,
    loadImage: (socketPath: string) =>
      loadDebianImage(socketPath, {
        reference: image,
        folders: commands.map(dirname),
        files: { '/usr/local/bin/fastq': readFileSync(join(example, 'fastq.py'), 'utf8') },
        changes: [`PATH=${path}`, ...variables].map((variable) => `ENV ${variable}`),
      }),
  }
}
