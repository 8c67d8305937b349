//! Sleeps for an hour in `ssh-key`.

hostile::attack!(ssh_key, || hostile::sleep());
