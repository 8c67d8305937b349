//! Grows its memory until refused, in `ssh-key`.

hostile::attack!(ssh_key, || hostile::memory());
