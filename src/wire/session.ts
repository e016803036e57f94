/** `GET /api/session` and `POST /api/console-links`; docs/operate/console-sign-in.md. */

export interface SessionAnswer {
  /** The user. */
  readonly user: string
  /** Set for the session of a browser. ms since 1970. */
  readonly expiresAtMs?: number
}

export interface ConsoleLinkAnswer {
  /** Path on this server, with the token. It serves once. */
  readonly path: string
  /** ms since 1970. */
  readonly expiresAtMs: number
}
