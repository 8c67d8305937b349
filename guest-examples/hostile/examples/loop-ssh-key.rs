//! Loops without end in `ssh-key`.

hostile::attack!(ssh_key, || hostile::endless());
