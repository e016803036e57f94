/** What names may look like (docs/aws §1.4). Lengths: `limits.nameLength`. */

/** Job definitions, job queues, compute environments and the other named resources. */
export function isResourceName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,128}$/.test(text)
}

/** As a resource's, but the first character is a letter or a digit. */
export function isJobName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(text)
}

/** Documented as alphanumeric; the live service lets `-` and `_` through. */
export function isShareIdentifier(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,255}$/.test(text)
}

/** Volumes and the containers of a task. */
export function isVolumeName(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,255}$/.test(text)
}
