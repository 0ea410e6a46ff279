// What `vbus` says of itself: examples first.

export const HELP = `vbus runs labs of isolated guests on a virtual bus, from .vbus files.

Examples
  vbus up                        run ./lab.vbus; edit it, save, and the running lab changes
  vbus up --wait -p count=50     run until every goal is met, with a parameter
  vbus check lab.vbus            what is wrong with a file
  vbus plan                      what would change, and what it would disturb
  vbus apply                     do that, also what a save may not do by itself
  vbus test -t answered          run the tests whose names hold a text
  vbus ps --json                 the guests of the running lab, for a program
  vbus logs -f client            what a guest prints
  vbus rollback 3                back to what generation 3 declared
  vbus capture lan | wireshark -k -i -     the frames on a network, as they come

Write
  init [folder]     writes a small lab to start from
  import FILE       a containerlab, compose or Kathará file as a configuration
  check [file]      what is wrong with a configuration
  plan [file]       what up or a save would change, and how disruptive it is
  fmt [files...]    lays files out as everybody does
  lint [file]       what works and most likely is not what was meant
  explain [code]    what the code of a diagnostic means
  eval EXPR [file]  the value of an expression in the scope of a configuration
  why ADDR [file]   where the values of a thing came from
  graph [file]      what is joined to what, as ASCII, Mermaid or DOT
  doc               writes the manual of the standard library
  test [files...]   runs the tests of labs, each on a lab of its own
  images [ACTION]   prepared images of Linux: list, build NAME, prune

Run
  up [file]         runs a lab and keeps it equal to its file
  apply [what]      brings a running lab to its file, or to a plan that was kept
  down [file]       stops a running lab
  commit VOLUME     writes what an overlay has into its base
  pause GUEST       makes a guest stand still
  resume GUEST      lets a paused guest run on
  wait GUEST        comes back when a guest is as far as is said

Time
  generations       the applies of a lab, by number
  diff [N] [M]      what differs between generations, or between one and the file
  rollback N        a running lab goes back to what a generation declared
  snapshot GUEST NAME  keeps what a Linux guest is now, its memory and its devices
  restore GUEST NAME   has a Linux guest go on from there, or another one like it
  snapshots [file]  what is kept, and taking it away
  events [file]     what happened, and who did it

Look
  dash [file]       a dashboard on a running lab (also: top)
  ps [file]         the guests of a running lab
  stats [file]      what each guest costs and carries
  metrics [file]    every number, in the text format of Prometheus
  logs [guests...]  what guests printed
  exec GUEST CMD    runs a command in a guest that has a shell
  cp FROM TO        copies a file into a Linux guest, or out of it
  console GUEST     types at a guest's console and shows what it prints
  capture [paths]   frames of devices and networks, as pcapng
  lsp               the language server, for an editor
  version           versions of vbus and of what it runs on
  completion SHELL  what bash, zsh or fish needs to complete what is typed
  man               the manual page, as roff

By hand, on a running lab
  status [file]     what was changed by hand, what died, and what to type next
  tree [path]       what the lab is made of
  get PATH          the attributes of a thing, or the value of one
  set PATH VALUE    sets an attribute
  make KIND PATH    makes a bus, a device, a network, a guest
  link DEV BUS      hands a device to the guests on a bus
  unlink DEV        takes a device from its bus and keeps it
  remove PATH       takes a thing away
  adopt [path]      writes such changes into the file
  heal [path]       undoes them, and boots what died

vbus help COMMAND tells more. Every option has a variable: VBUS_UP_WAIT=1 is up --wait.
Exit codes: 0 done, 1 failed, 2 changes present (plan --detailed-exitcode), 3 partly applied,
4 a test failed, 64 usage, 65 invalid configuration, 69 no such lab running, 75 locked or timed out,
130 and 143 for signals.
`;

/** Behind the options of `plan`. */
export const PLAN_HELP = `
An address stands for all that is below it: server is also server.eth0, and web all of web["a"], web["b"].
Each step says how it disturbs: live (nothing is lost), pause, restart (of a guest), recreate, data_loss.

Exit codes: 0 done, 2 something to do (with --detailed-exitcode), 65 the file doesn't check.
`;

/** Behind the options of `apply`. */
export const APPLY_HELP = `
A step that fails takes everything back. Where more than half of the guests go, or what is stored, the lab's
name is asked for on a terminal; elsewhere say --yes.

Exit codes: 0 done, 1 failed and taken back, or refused, 3 partly applied, 65 the file doesn't check,
69 no such lab running.
`;

/** Behind the options of every command of the admin tree. */
export const HAND_HELP = `
Paths are addresses; values are written as in a file, so a text has quotes: vbus set a.args '["x"]'.
What an assertion or the language refuses changes nothing. Changes by hand stay until the files change, or
over that with lab NAME { drift = keep }, and end with the lab.

Exit codes: 0 done, 1 refused or failed, 65 refused by the language or an assertion, 69 no such lab running.
`;

/** Behind the options of `capture`. */
export const CAPTURE_HELP = `
A path is a device, a guest (all its network devices) or a network (each frame once, as it was sent, and what
it is joined with). A frame that was dropped has a comment: "dropped: full".

A filter is a part of pcap-filter(7): arp rarp ip ip6 icmp icmp6 tcp udp, [src|dst] host A, [src|dst] net A/N,
[tcp|udp] [src|dst] port N, ether [src|dst] host M, ether broadcast|multicast, vlan [N], greater N, less N,
and or not ( ).

Exit codes: 0 done, 4 no frame came that fits --expect.
`;

/** Behind the options of `rollback`. */
export const ROLLBACK_HELP = `
Declarations come back, never what volumes, files or images hold. The lab is held on the generation until its
file says something else than it does now; vbus ps, the dashboard and --json say so.

Exit codes: 0 done, 1 refused (then everything is as it was), 69 no such lab running.
`;
