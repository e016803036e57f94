import { createHash } from 'node:crypto'

/** How an attempt of one openbatch installation is found among everything else on an engine. */

export const installationLabel = 'openbatch.installation'
export const attemptLabel = 'openbatch.attempt'
export const jobLabel = 'openbatch.job'
/** The ids of the GPUs an attempt holds, with commas. */
export const gpuLabel = 'openbatch.gpus'
/** On the container that holds the jobs' network. It is no attempt, so it has this label instead. */
export const holderLabel = 'openbatch.network-of'

export interface Names {
  readonly installationId: string
  /** The container of an attempt. Two installations on one engine can never make the same name. */
  container(attempt: string): string
  /** The network of this installation's jobs, and the container that holds it. */
  readonly network: string
  readonly holder: string
}

export function namesOf(installationId: string): Names {
  if (installationId === '') throw new Error('the Docker driver needs an installation id')
  // Without a hyphen in it, `openbatch-A-B` can be read in one way only.
  const short = /^[a-zA-Z0-9]{1,32}$/.test(installationId)
    ? installationId
    : createHash('sha256').update(installationId).digest('hex').slice(0, 12)
  return {
    installationId,
    container: (attempt) => `openbatch-${short}-${attempt}`,
    network: `openbatch-${short}`,
    holder: `openbatch-${short}.network`,
  }
}
