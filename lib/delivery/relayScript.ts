/** The exit codes of `relayScript`; `canRun` where it was given nothing to request. */
export const relayExit = { answered: 0, nobodyListens: 40, unclear: 41, noRunner: 42, canRun: 43 } as const;

/**
 * Requests each of COURIER_URLS until one is answered, or posts COURIER_BODY to it if there is one. Runs in Bun (the
 * opencode binary itself) and in Node. Contains no single quote: it stands between two of them in the shell script.
 */
const request = `
(async () => {
  const body = process.env.COURIER_BODY;
  const how = body ? { method: "POST", body, headers: { "content-type": "application/json" } } : {};
  for (const url of process.env.COURIER_URLS.split(" ")) {
    try {
      await fetch(url, { ...how, redirect: "manual", signal: AbortSignal.timeout(20000) });
      process.exit(${relayExit.answered});
    } catch (error) {
      const { code } = error.cause || error;
      if (!/^(ConnectionRefused|ECONNREFUSED|EADDRNOTAVAIL)$/.test(code)) process.exit(${relayExit.unclear});
    }
  }
  process.exit(${relayExit.nobodyListens});
})();
`;

/**
 * The constant script that a server's terminal runs, in a folder that holds nobody's files: Bun obeys the `.env` and the
 * `bunfig.toml` of the folder that it runs in (measured), and a project's own must not decide what becomes of a code. Nor
 * does the server's PATH, in which a project may have a folder: programs are taken from the system's folders only.
 *
 * It needs neither curl nor \`opencode\`: on Linux the shell's parent is the server, and the opencode binary runs JavaScript
 * when BUN_BE_BUN is set. It is first asked to run something that does nothing: when it cannot, nothing was sent, and curl is
 * next. That one reads what is secret from its standard input, so that no argv ever holds it: the URL, or the body to post to
 * a URL that says nothing. Variables that lead requests to a proxy or have a runner load something are dropped.
 */
export const relayScript = `
set -f
cd /proc 2>/dev/null || cd /dev || exit ${relayExit.noRunner}
PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin:/opt/homebrew/bin
unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY
unset NODE_OPTIONS BUN_OPTIONS BUN_INSPECT_PRELOAD BUN_CONFIG_VERBOSE_FETCH LD_PRELOAD CURL_HOME
export BUN_BE_BUN=1
for program in "/proc/$PPID/exe" "$(command -v opencode)"; do
  "$program" -e 'process.exit(${relayExit.canRun})' >/dev/null 2>&1
  [ $? = ${relayExit.canRun} ] || continue
  [ "$COURIER_URLS" ] || exit ${relayExit.canRun}
  "$program" -e '${request}'
  exit $?
done
command -v curl >/dev/null || exit ${relayExit.noRunner}
set -- -q -s -o /dev/null --noproxy '*' --max-time 20
for url in $COURIER_URLS; do
  if [ "$COURIER_BODY" ]; then
    printf %s "$COURIER_BODY" | curl "$@" -H 'content-type: application/json' --data-binary @- "$url"
  else
    printf 'url = "%s"\\n' "$url" | curl "$@" -K -
  fi
  case $? in
    0) exit ${relayExit.answered} ;;
    7) ;;
    *) exit ${relayExit.unclear} ;;
  esac
done
exit ${relayExit.nobodyListens}
`;
