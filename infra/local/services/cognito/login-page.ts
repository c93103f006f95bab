import { escaped } from './html.ts';

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; background: #f2f4f7; color: #1b2430; margin: 0; }
main { max-width: 22rem; margin: 12vh auto; padding: 2rem; background: #fff; border-radius: 12px;
  box-shadow: 0 2px 12px #1b243022; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
label { display: block; margin-top: 1rem; font-weight: 600; }
input { box-sizing: border-box; width: 100%; font: inherit; padding: .5rem; margin-top: .25rem;
  border: 1px solid #69758a; border-radius: 6px; }
button { width: 100%; margin-top: 1.5rem; padding: .6rem; font: inherit; font-weight: 600;
  color: #fff; background: #1f4fa3; border: 0; border-radius: 6px; }
:focus-visible { outline: 3px solid #f2a900; outline-offset: 2px; }
[role=alert] { margin: 0; padding: .6rem; color: #8a1020; background: #fdecee; border-radius: 6px; }
`;

function page(title: string, content: string, error?: string): string {
  const alert = error === undefined ? '' : `<p role="alert" id="error">${escaped(error)}</p>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1>${alert}${content}</main></body></html>`;
}

/** @param interaction the sign-in to which the form belongs */
export function signInPage(interaction: string, username = '', error?: string): string {
  const describes = error === undefined ? '' : ' aria-describedby="error" aria-invalid="true"';
  const [first, second] = username === '' ? [' autofocus', ''] : ['', ' autofocus'];
  return page(
    'Sign in',
    `<form method="post" action="/login"><input type="hidden" name="interaction" value="${escaped(interaction)}">
<label for="username">Username</label>
<input id="username" name="username" autocomplete="username" required value="${escaped(username)}"${describes}${first}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${describes}${second}>
<button>Sign in</button></form>`,
    error,
  );
}

/** Asks whoever signed in with a temporary password for one of their own. */
export function newPasswordPage(interaction: string, error?: string): string {
  const describes = error === undefined ? '' : ' aria-describedby="error" aria-invalid="true"';
  return page(
    'Change password',
    `<p>Please enter a new password.</p><form method="post" action="/login">
<input type="hidden" name="interaction" value="${escaped(interaction)}">
<label for="new-password">New password</label>
<input id="new-password" name="newPassword" type="password" autocomplete="new-password" required autofocus${describes}>
<label for="confirmed">Enter the new password again</label>
<input id="confirmed" name="confirmed" type="password" autocomplete="new-password" required${describes}>
<button>Change password</button></form>`,
    error,
  );
}

export function errorPage(message: string): string {
  return page('An error was encountered', '', message);
}
