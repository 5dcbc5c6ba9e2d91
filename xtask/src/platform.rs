//! Which family of systems this is, and what the packages are called there.

use std::fs;

/// Systems that share a package manager and its names.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(crate) enum Family {
    /// Debian, Ubuntu and what derives from them: the one family that `setup` installs on by itself.
    Debian,
    /// Fedora, RHEL, CentOS.
    Fedora,
    /// Arch and what derives from it.
    Arch,
    /// openSUSE and SLES.
    Suse,
    /// Alpine.
    Alpine,
    /// macOS with Homebrew.
    MacOs,
    /// Anything else.
    Other,
}

impl Family {
    /// The family of this machine.
    pub(crate) fn of_this_machine() -> Self {
        if cfg!(target_os = "macos") {
            return Self::MacOs;
        }
        fs::read_to_string("/etc/os-release").map_or(Self::Other, |text| Self::from_os_release(&text))
    }

    /// The family that `/etc/os-release` names: its own identifier first, then those it says it is like.
    pub(crate) fn from_os_release(text: &str) -> Self {
        let field = |name: &str| {
            text.lines()
                .filter_map(|line| line.split_once('='))
                .find(|(key, _)| *key == name)
                .map_or("", |(_, value)| value.trim_matches(['"', '\'']))
        };
        let names = field("ID").split_whitespace().chain(field("ID_LIKE").split_whitespace());
        names.map(Self::from_identifier).find(|family| *family != Self::Other).unwrap_or(Self::Other)
    }

    fn from_identifier(identifier: &str) -> Self {
        match identifier {
            "debian" | "ubuntu" => Self::Debian,
            "fedora" | "rhel" | "centos" => Self::Fedora,
            "arch" => Self::Arch,
            "suse" | "opensuse" | "sles" | "opensuse-tumbleweed" | "opensuse-leap" => Self::Suse,
            "alpine" => Self::Alpine,
            _ => Self::Other,
        }
    }

    /// The command that installs what the build needs, and the one that adds what only the tests need.
    /// Both are `None` where `setup` does the work or where no names are known.
    pub(crate) fn commands(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Fedora => Some((
                "dnf install gcc-c++ llvm-devel libzstd-devel zlib-devel",
                "dnf install clang lld compiler-rt wasi-libc-devel gdb",
            )),
            Self::Arch => {
                Some(("pacman -S gcc llvm zstd zlib", "pacman -S clang lld wasi-libc wasi-compiler-rt gdb"))
            }
            Self::Suse => Some((
                "zypper install gcc-c++ llvm22-devel llvm22-polly-devel libzstd-devel zlib-devel",
                "zypper install clang22 lld22 gdb",
            )),
            Self::Alpine => {
                Some(("apk add g++ llvm22-dev zstd-dev zlib-dev", "apk add clang22 lld22 wasi-sdk gdb"))
            }
            Self::MacOs => {
                Some(("brew install llvm@22 zstd zlib", "brew install lld@22 wasi-libc wasi-runtimes gdb"))
            }
            Self::Debian | Self::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Family;

    #[test]
    fn the_own_identifier_goes_before_the_likeness() {
        assert_eq!(Family::from_os_release("PRETTY_NAME=\"Debian\"\nID=debian\n"), Family::Debian);
        assert_eq!(Family::from_os_release("ID=pop\nID_LIKE=\"ubuntu debian\"\n"), Family::Debian);
        assert_eq!(Family::from_os_release("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), Family::Fedora);
        assert_eq!(Family::from_os_release("ID=manjaro\nID_LIKE=arch\n"), Family::Arch);
        assert_eq!(Family::from_os_release("ID=opensuse-tumbleweed\n"), Family::Suse);
        assert_eq!(Family::from_os_release("ID=haiku\n"), Family::Other);
        assert_eq!(Family::from_os_release(""), Family::Other);
    }

    #[test]
    fn every_family_has_commands_or_a_reason_not_to() {
        for family in [Family::Fedora, Family::Arch, Family::Suse, Family::Alpine, Family::MacOs] {
            assert!(family.commands().is_some(), "{family:?}");
        }
        assert!(Family::Debian.commands().is_none(), "setup installs there");
    }
}
