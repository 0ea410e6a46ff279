// What the help of each command begins with: calls that work, and what they do.

export type Example = readonly [call: string, does: string];

export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  init: [
    ["vbus init", "lab.vbus in this folder: two guests on a network"],
    ["vbus init lab --template links", "lab/lab.vbus: a bad link"],
  ],
  check: [
    ["vbus check", "the file of this folder"],
    ["vbus check lab.vbus -p tenants=3 --fix", "with a parameter, and mend what a machine can"],
  ],
  import: [
    [
      "vbus import clos.clab.yml -o lab.vbus",
      "a containerlab topology; what has no counterpart is a comment",
    ],
    ["vbus import compose.yaml --image 'api=wasi:./api.wasm'", "with a program of one's own for one image"],
    ["vbus import lab.conf", "a Kathará lab and its .startup files, to stdout"],
  ],
  images: [
    ["vbus images build debian-i386", "Debian's kernel, busybox and what labs need, by apt, into the cache"],
    ["vbus images", "what there is, and what can be built"],
    ["vbus images prune", "take away what this version has no use for"],
  ],
  plan: [
    ["vbus plan", "of a running lab: what a save would do; else what up would do"],
    ["vbus plan -p racks=4", "with another parameter than it was started with"],
    ["vbus plan --target web --json", "only web and what it needs, for a program"],
    ["vbus plan --out change.plan", "keep it; vbus apply change.plan does just that, or nothing"],
    ["vbus plan --detailed-exitcode", "ends with 2 where there is something to do"],
  ],
  apply: [
    ["vbus apply", "what the file says now, also a change that waits"],
    ["vbus apply change.plan", "a plan that was kept: refused if anything has changed since"],
    ["vbus apply --replace server", "restart server, although nothing differs"],
    ["vbus apply --exclude db", "all but db and what needs it"],
    ["vbus apply --max-disruption live", "refuse whatever would stop a guest"],
    ["vbus apply --on-failure keep", "what was done before a step failed stays"],
  ],
  fmt: [
    ["vbus fmt", "all files of this folder"],
    ["vbus fmt --check lab.vbus", "for a build: end with 1 where it is not formatted"],
  ],
  lint: [
    ["vbus lint lab.vbus", "what most likely is not what was meant"],
    ["vbus lint --deny all", "for a build: end with 1 for any"],
  ],
  explain: [
    ["vbus explain VB3012", "what a code means, with an example"],
    ["vbus explain", "all codes"],
  ],
  eval: [
    ["vbus eval '10.0.0.0/24.subnets(28).len()'", "an expression by itself"],
    ["vbus eval server.eth0.ip lab.vbus", "a value of a lab"],
  ],
  why: [
    ["vbus why server", "where each value of a guest came from"],
    ["vbus why server.eth0.mtu lab.vbus --json", "one value, for a program"],
  ],
  graph: [
    ["vbus graph", "drawn with letters"],
    ["vbus graph --format mermaid lab.vbus", "for a page"],
  ],
  doc: [["vbus doc --out manual", "the manual of the standard library, as pages"]],
  test: [
    ["vbus test", "the tests of this folder's file"],
    ["vbus test -t answered labs --junit results.xml", "some of a folder's tests, with results for CI"],
    ["vbus test --captures frames", "of what fails, the frames too, for Wireshark"],
  ],
  up: [
    ["vbus up", "run ./lab.vbus; edit it, save, and the lab changes"],
    ["vbus up --metrics 9464", "the same, with its numbers at http://127.0.0.1:9464/metrics"],
    ["vbus up -d --wait lab.vbus", "in the background; come back when every goal is met"],
    ["vbus up --wait -p count=50", "run until every goal is met, with a parameter"],
  ],
  down: [
    ["vbus down", "stop the running lab"],
    ["vbus down --grace 0 lab.vbus", "at once"],
  ],
  snapshot: [
    ["vbus snapshot pc ready", "its processes, memory and connections as they are now"],
    ["vbus snapshot pc ready --json", "for a program, with what is being done"],
  ],
  restore: [
    ["vbus restore pc ready", "it goes on where it was, with the time of now"],
    ["vbus restore other ready", "another guest goes on from there, with its own name and addresses"],
  ],
  snapshots: [
    ["vbus snapshots", "what this folder's lab keeps"],
    ["vbus snapshots --remove ready", "take one away"],
  ],
  commit: [
    ["vbus commit scratch", "once its guest has ended: what it wrote is in the base from now on"],
    ["vbus commit scratch --yes --json", "for a program"],
  ],
  pause: [["vbus pause server", "it stands still, wherever it computes"]],
  resume: [["vbus resume server", "it runs on"]],
  dash: [
    ["vbus dash", "look at the running lab; q leaves"],
    ["vbus dash --once --markdown", "one picture, as a table"],
  ],
  ps: [
    ["vbus ps", "the guests of the running lab"],
    ["vbus ps --json | jq -r '.guests[].state'", "for a program"],
  ],
  metrics: [
    ["vbus metrics", "every number of the running lab, in the text format of Prometheus"],
    ["vbus metrics | grep dropped", "where frames end"],
  ],
  stats: [
    ["vbus stats", "what each guest costs and carries"],
    ["vbus stats --watch", "as it changes; ctrl-c ends"],
    ["vbus stats --json --watch", "a JSON record a second"],
  ],
  wait: [
    ["vbus wait server", "until it has met its goal"],
    ["vbus wait client --for exited --timeout 10s", "until it has ended, but not longer"],
  ],
  logs: [
    ["vbus logs -f client", "what a guest prints, as it comes"],
    ["vbus logs -n 20 -t", "the last lines of all, with times"],
  ],
  exec: [
    ["vbus exec pc ip addr", "what a Linux guest says of its cards"],
    ["vbus exec pc -- ls -l /sys/class/net", "options behind -- are the command's"],
    ["vbus exec pc 'ping -c 3 10.0.0.2 && echo well'", "a whole line for its shell"],
  ],
  cp: [
    ["vbus cp tool.sh pc:/root/", "a file into a Linux guest"],
    ["vbus cp pc:/var/log/messages - | less", "and out of it, to the output"],
    ["tar c site | vbus cp - pc:/tmp/site.tar", "what comes in"],
  ],
  console: [
    ["vbus console shell", "type at a guest; ctrl-] leaves"],
    ["echo help | vbus console shell", "type a line"],
  ],
  capture: [
    ["vbus capture client.eth0 -w client.pcapng", "a device, both directions"],
    ["vbus capture lan -w - | tshark -r -", "a network, each frame once"],
    ['vbus capture --filter "arp or icmp" -c 20 -w -', "of all networks, twenty frames that fit"],
    ['vbus capture lan --expect "icmp and src host 10.0.0.1" --within 2s', "wait for one"],
  ],
  generations: [
    ["vbus generations", "what was applied, by number"],
    ["vbus generations --texts 3", "the texts that the third was made from"],
  ],
  diff: [
    ["vbus diff 3 5", "what differs between two generations"],
    ["vbus diff 5 file", "what the file says now, and the fifth did not"],
  ],
  rollback: [
    ["vbus generations", "what there is to go back to"],
    ["vbus diff 5 3", "what it would change"],
    ["vbus rollback 3", "the running lab becomes as it was then, as a new generation"],
    ["vbus rollback 3 --write", "the files too; what stands in them now is lost"],
  ],
  events: [
    ["vbus events --since 1h", "what happened, and who did it"],
    ["vbus events -f --json", "a JSON record an event, as they come"],
  ],
  status: [
    ["vbus status", "what was changed by hand, by whom, when"],
    ["vbus status --plain lab.vbus", "a record a line"],
  ],
  tree: [
    ["vbus tree", "what the running lab is made of"],
    ["vbus tree server --json", "a part of it, for a program"],
  ],
  get: [
    ["vbus get server.eth0", "all attributes of a device"],
    ["vbus get server.eth0.rate", "the value of one"],
  ],
  set: [
    ["vbus set server.eth0.rate 10Mbps", "typed and checked as in the file"],
    ["vbus set server.eth0.link down", "the cable is out"],
  ],
  make: [
    ["vbus make bus tools", "a bus"],
    ["vbus make device:venet eth1 network=lan", "a device, not yet on a bus"],
  ],
  link: [["vbus link eth1 server", "its guests see it at once"]],
  unlink: [["vbus unlink server.eth1", "they no longer do; vbus link hands it to others"]],
  remove: [["vbus remove eth1", "it is gone"]],
  adopt: [
    ["vbus adopt", "the file says now what was changed by hand"],
    ["vbus adopt server", "what was changed of one thing"],
  ],
  heal: [
    ["vbus heal", "all is as the file says again, and what died is booted"],
    ["vbus heal server.eth0", "one thing"],
  ],
  lsp: [["vbus lsp", "what an editor starts (docs/editors.md)"]],
  version: [["vbus version --json", "for a report"]],
  completion: [
    ["source <(vbus completion bash)", "in ~/.bashrc"],
    ["source <(vbus completion zsh)", "in ~/.zshrc, after compinit"],
    ["vbus completion fish > ~/.config/fish/completions/vbus.fish", "once"],
  ],
  man: [["vbus man | man -l -", "read it"]],
};
