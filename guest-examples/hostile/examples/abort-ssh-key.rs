//! Aborts in `ssh-key`.

hostile::attack!(ssh_key, || hostile::abort());
