// The units of a machine whose running system moss manages, as the manual prints them and the build writes them.
// Exit code 17 says that the state before is current again: what runs was started from the other one, so the machine starts
// anew. That happens at most once for each `moss apply`.
const orRestart = (verb: string): string =>
  `/bin/sh -c 'moss ${verb}; r=$$?; test $$r -ne 17 || systemctl --no-block reboot; exit $$r'`

type Unit =
  'moss-boot.service' | 'moss-ok.service' | 'moss-late.service' | 'moss-late.timer' | 'moss-sync@.service'

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
  // Its mount is its own, and goes with it, whatever becomes of the medium meanwhile. Of two media one waits for the other.
  'moss-sync@.service': `[Unit]
Description=What moss has to do with the medium in %i
Documentation=man:moss-sync(1)

[Service]
Type=oneshot
PrivateMounts=yes
RuntimeDirectory=moss-sync-%i
UMask=0077
ExecStart=/bin/sh -c 'mount -o nosuid,nodev,noexec "/dev/%i" "$$RUNTIME_DIRECTORY" || exit; flock /run/lock/moss-sync moss sync --no-input "$$RUNTIME_DIRECTORY"; r=$$?; umount "$$RUNTIME_DIRECTORY"; exit $$r'
`,
}

/** A file for udev: which media are for moss, by their label. */
export const mediumRule = {
  name: '90-moss-medium.rules',
  text: String.raw`ACTION=="add", SUBSYSTEM=="block", \
  ENV{ID_FS_USAGE}=="filesystem", ENV{ID_FS_LABEL}=="MOSS*", \
  TAG+="systemd", ENV{SYSTEMD_WANTS}+="moss-sync@%k.service"
`,
} as const
