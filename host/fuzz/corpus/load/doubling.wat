;; Each level makes the one below twice: 5 KiB that would be 16 million core instances, and all of the machine's memory
;; when it is compiled.
(component
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(component $c
(core module $m)
(core instance (instantiate $m)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
(instance (instantiate $c))
(instance (instantiate $c)))
