/** The exit codes of `relayScript`. */
export const relayExit = { answered: 0, nobodyListens: 40, unclear: 41, noRunner: 42 } as const;

/**
 * Requests each of COURIER_CALLBACK_URLS until one is answered, or posts COURIER_BODY to it if there is one. Runs in Bun (the opencode binary itself) and in Node.
 * Contains no single quote: it stands between two of them in the shell script.
 */
const request = `
(async () => {
  const body = process.env.COURIER_BODY;
  const how = body ? { method: "POST", body, headers: { "content-type": "application/json" } } : {};
  for (const url of process.env.COURIER_CALLBACK_URLS.split(" ")) {
    try {
      await fetch(url, { ...how, redirect: "manual", signal: AbortSignal.timeout(20000) });
      process.exit(${relayExit.answered});
    } catch (error) {
      const code = (error.cause || error).code;
      if (code !== "ConnectionRefused" && code !== "ECONNREFUSED" && code !== "EADDRNOTAVAIL") process.exit(${relayExit.unclear});
    }
  }
  process.exit(${relayExit.nobodyListens});
})();
`;

/**
 * The constant script that a server's terminal runs. It needs neither curl nor \`opencode\` on the PATH: on Linux the
 * shell's parent is the server, and the opencode binary runs JavaScript when BUN_BE_BUN is set. Elsewhere it takes the
 * \`opencode\` on the PATH, then curl, which reads what is secret from its standard input, so that no argv ever holds it:
 * the URL, or the body to post to a URL that says nothing.
 * Proxy variables are dropped: the request must stay on the machine.
 */
export const relayScript = `
set -f
unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
program=/proc/$PPID/exe
[ -x "$program" ] || program=$(command -v opencode)
if [ -n "$program" ]; then
  BUN_BE_BUN=1 "$program" -e '${request}'
  exit $?
fi
command -v curl >/dev/null || exit ${relayExit.noRunner}
request() {
  if [ -n "$COURIER_BODY" ]; then
    printf '%s' "$COURIER_BODY" | curl "$@" -H 'content-type: application/json' --data-binary @- "$url"
  else
    printf 'url = "%s"\\n' "$url" | curl "$@" -K -
  fi
}
for url in $COURIER_CALLBACK_URLS; do
  request -q -s -o /dev/null --noproxy '*' --max-time 20
  case $? in
    0) exit ${relayExit.answered} ;;
    7) ;;
    *) exit ${relayExit.unclear} ;;
  esac
done
exit ${relayExit.nobodyListens}
`;
