"""From a merge to the promotion that is proposed."""
