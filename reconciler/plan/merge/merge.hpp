// Desired against recorded, kind by kind: each function adds the changes that make the one the other, in this order.
#pragma once

#include "reconciler/plan/desired/desired.hpp"
#include "reconciler/plan/draft.hpp"
#include "reconciler/plan/situation.hpp"

namespace ingot::plan {

/// Peers of which this run knows nothing (R19).
void note_unknown_peers(const Situation& situation, Draft& draft);
/// What observing remarked on peers whose catalog counts all the same: notes, or what leaves the run incomplete.
void note_remarks(const Situation& situation, Draft& draft);
void merge_peers(const Situation& situation, Draft& draft);
void merge_subscriptions(const Desired& desired, const Situation& situation, Draft& draft);
/// Peers that the manifest dropped; after their subscriptions.
void merge_dropped_peers(const Situation& situation, Draft& draft);
void merge_new_copies(const Desired& desired, const Situation& situation, Draft& draft);
void merge_known_copies(const Desired& desired, const Situation& situation, Draft& draft);
/// R21: withdrawals of the same image by a peer that is not its origin.
void follow_withdrawals_elsewhere(const Desired& desired, const Situation& situation, Draft& draft);
/// Who asks for repairs: each run that finds damage, or a human, who may have the sources read in vain.
enum class RepairsBy { each_run, request };
/// Images whose bytes are damaged or gone: from their source, or from the peers that were read and have these bytes. The same
/// bytes once, whatever images bear them; also of images that this plan may remove: the guards say whether it does.
void merge_repairs(const Situation& situation, RepairsBy by, Draft& draft);
/// What is damaged, not repaired by this run, and not removed; needs to know what the guards hold.
void block_damaged(const Situation& situation, Draft& draft);
/// Copies that become this server's own, as their [[copy]] says; after all that is done to copies.
void merge_adoptions(const Situation& situation, Draft& draft);
/// The image that this [[copy]] took over in an earlier run; nullptr: it has not.
const state::ImageRow* taken_over_by(const CopyEntry& entry, const Situation& situation);
/// Needs to know which copies come now: budgets go before.
void merge_images(const Desired& desired, const Situation& situation, Draft& draft);
void merge_series(const Desired& desired, const Situation& situation, Draft& draft);
/// Of the manifest and of the copies that come. Drops are decided once the guards have spoken.
void merge_types(const Desired& desired, const Situation& situation, Draft& draft);
void merge_dropped_types(const Situation& situation, Draft& draft);
/// Deltas of own images, and those that no rule wants any more (only of a `whole` plan). After all that brings, removes or
/// publishes images, and after series.
void merge_deltas(const Situation& situation, bool whole, Draft& draft);
/// Exports: which images of each are unpacked in its folder, where its link points, and what goes (R29). After all that brings,
/// renames, withdraws or removes images, and after series.
void merge_exports(const Desired& desired, const Situation& situation, Draft& draft);
/// What is published goes to every [[upload]] that has less. After the publication.
void merge_uploads(const Situation& situation, Draft& draft);
/// Whether live images of this type are such that peers may see them.
bool has_public_images(const state::TypeRow& type, const Situation& situation);

/// Whether a registration's name is that of a manifest's peer with another root that nothing says replaces it (R5): it is
/// not dropped, its peer is untrusted.
bool identity_in_question(const state::Registration& registration, const Situation& situation);

}  // namespace ingot::plan
