// The units of a machine whose running system moss manages, as the manual prints them and the build writes them.
// Exit code 17 says that the state before is current again: what runs was started from the other one, so the machine starts
// anew. That happens at most once for each `moss apply`.
const orRestart = (verb: string): string =>
  `/bin/sh -c 'moss ${verb}; r=$$?; test $$r -ne 17 || systemctl --no-block reboot; exit $$r'`

type Unit = 'moss-boot.service' | 'moss-ok.service' | 'moss-late.service' | 'moss-late.timer'

export const units: Readonly<Record<Unit, string>> = {
  'moss-boot.service': `[Unit]
Description=Finish what a power cut left and count this boot
Documentation=man:moss-health(7)
DefaultDependencies=no
RequiresMountsFor=/.moss /usr /etc /var
After=local-fs.target
Before=sysinit.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=${orRestart('recover --boot')}

[Install]
WantedBy=sysinit.target
`,
  'moss-ok.service': `[Unit]
Description=Confirm this state or go back to the one before
Documentation=man:moss-health(7)
After=multi-user.target moss-boot.service

[Service]
Type=oneshot
ExecStart=${orRestart('recover --ok')}

[Install]
WantedBy=multi-user.target
`,
  'moss-late.timer': `[Unit]
Description=How long a boot may take
Documentation=man:moss-health(7)
DefaultDependencies=no
After=moss-boot.service
Before=shutdown.target
Conflicts=shutdown.target

[Timer]
OnBootSec=15min

[Install]
WantedBy=sysinit.target
`,
  'moss-late.service': `[Unit]
Description=Go back from a state that this boot did not confirm
Documentation=man:moss-health(7)
DefaultDependencies=no
After=moss-boot.service
Before=shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
ExecStart=${orRestart('recover --late')}
`,
}
