/** The page at which a browser signs in, and its script. The page holds no data of the server. */

/** `trouble`: a sentence of ours. */
export function signInPage(trouble: string | undefined): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sign in to openbatch</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem}
label{display:block;margin:.7rem 0}input{display:block;width:100%;font:inherit;box-sizing:border-box}button{font:inherit}</style>
<script src="/console/sign-in.js" defer></script>
<h1>Sign in to openbatch</h1>
${trouble === undefined ? '' : `<p role="alert">${trouble}</p>`}
<form method="post" action="/console/session" id="link" hidden>
<input type="hidden" name="link" id="token">
<button>Sign in with this link</button>
</form>
<form method="post" action="/console/session" autocomplete="off">
<h2>With an access key</h2>
<label>Access key id <input name="accessKeyId" required autocomplete="username" spellcheck="false"></label>
<label>Secret access key <input name="secretAccessKey" type="password" required autocomplete="current-password"></label>
<button>Sign in</button>
</form>
<form method="post" action="/console/session">
<h2>With a password</h2>
<label>User <input name="user" required autocomplete="username" spellcheck="false"></label>
<label>Password <input name="password" type="password" required autocomplete="current-password"></label>
<button>Sign in</button>
</form>
`
}

/** The token of a link is behind the #, which browsers send to nobody. A click uses it, so that no page can sign somebody in. */
export const signInScript = `const token = location.hash.slice(1)
if (/^[\\w-]{20,2048}$/.test(token)) {
  document.getElementById('token').value = token
  document.getElementById('link').hidden = false
  history.replaceState(null, '', location.pathname)
}
`
