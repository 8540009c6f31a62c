/*
 * Every closed form that bytes of others are decoded with; the number is the
 * first byte of an input of fuzz_schema, so it is never reused.
 */
#ifndef SEIN_TESTS_FUZZ_SCHEMAS_H
#define SEIN_TESTS_FUZZ_SCHEMAS_H

#include "proto/blind/content/ceremony.h"
#include "proto/blind/content/closing.h"
#include "proto/blind/content/feedback.h"
#include "proto/blind/content/introduction.h"
#include "proto/blind/content/invitation.h"
#include "proto/blind/content/message.h"
#include "proto/blind/content/parting.h"
#include "proto/blind/content/receipt.h"
#include "proto/blind/content/regie.h"
#include "proto/blind/content/signal.h"
#include "proto/blind/letter.h"
#include "proto/blind/pack.h"
#include "proto/blind/regie.h"
#include "proto/trust/dir_schema.h"
#include "proto/trust/epoch.h"
#include "proto/trust/prekey.h"
#include "proto/trust/receipt.h"
#include "proto/wire/msg_confirm.h"
#include "proto/wire/msg_directory.h"
#include "proto/wire/msg_eval.h"
#include "proto/wire/msg_event.h"
#include "proto/wire/msg_hello.h"
#include "proto/wire/msg_letter.h"
#include "proto/wire/msg_presence.h"

/* clang-format off */
#define FUZZ_SCHEMAS(X)              \
    X(0, sein_hello_schema)          \
    X(1, sein_welcome_schema)        \
    X(2, sein_pong_schema)           \
    X(3, sein_error_schema)          \
    X(4, sein_put_item_schema)       \
    X(5, sein_withdraw_item_schema)  \
    X(6, sein_credit_schema)         \
    X(7, sein_deliver_item_schema)   \
    X(8, sein_ack_item_schema)       \
    X(9, sein_acked_item_schema)     \
    X(10, sein_letter_header_schema) \
    X(11, sein_confirm_schema)       \
    X(12, sein_signed_head_schema)   \
    X(13, sein_verdict_schema)       \
    X(14, sein_dir_get_schema)       \
    X(15, sein_dir_part_schema)      \
    X(16, sein_signed_prekey_schema) \
    X(17, sein_prekeys_item_schema)  \
    X(18, sein_heads_get_schema)     \
    X(19, sein_op_item_schema)       \
    X(20, sein_event_schema)         \
    X(21, sein_dir_signed_schema)    \
    X(22, sein_dir_signature_schema) \
    X(23, sein_dir_root_schema)      \
    X(24, sein_dir_governance_schema)\
    X(25, sein_dir_governor_schema)  \
    X(26, sein_dir_area_schema)      \
    X(27, sein_dir_broker_schema)    \
    X(28, sein_dir_member_schema)    \
    X(29, sein_dir_key_schema)       \
    X(30, sein_dir_desk_schema)      \
    X(31, sein_dir_role_schema)      \
    X(32, sein_dir_circle_schema)    \
    X(33, sein_dir_code_schema)      \
    X(34, sein_dir_label_schema)     \
    X(35, sein_dir_exception_schema) \
    X(36, sein_letter_body_schema)   \
    X(37, sein_signal_schema)        \
    X(38, sein_ending_schema)        \
    X(39, sein_feedback_schema)      \
    X(40, sein_table_invitation_schema)    \
    X(41, sein_consult_schema)       \
    X(42, sein_message_schema)       \
    X(43, sein_receipt_content_schema) \
    X(44, sein_prekey_schema)        \
    X(45, sein_head_schema)          \
    X(46, sein_receipt_schema) \
    X(47, sein_deposit_schema) \
    X(48, sein_deposit_note_schema) \
    X(49, sein_presence_put_item_schema) \
    X(50, sein_presence_withdraw_item_schema) \
    X(51, sein_match_accept_item_schema) \
    X(52, sein_match_item_schema) \
    X(53, sein_eval_schema) \
    X(54, sein_eval_ask_schema) \
    X(55, sein_eval_answer_schema) \
    X(56, sein_eval_relayed_schema) \
    X(57, sein_eval_ready_schema) \
    X(58, sein_deposits_schema) \
    X(59, sein_deposits_ack_schema) \
    X(60, sein_eval_request_schema) \
    X(61, sein_eval_reply_schema) \
    X(62, sein_dir_epoch_schema) \
    X(63, sein_dir_link_pair_schema) \
    X(64, sein_dir_quota_exception_schema) \
    X(65, sein_epoch_form_schema) \
    X(66, sein_epoch_holder_schema) \
    X(67, sein_pack_schema) \
    X(68, sein_signed_pack_schema) \
    X(69, sein_ceremony_open_schema) \
    X(70, sein_ceremony_deal_schema) \
    X(71, sein_ceremony_seal_schema) \
    X(72, sein_introduction_schema) \
    X(73, sein_parting_schema) \
    X(74, sein_regie_content_schema) \
    X(75, sein_regie_statement_schema) \
    X(76, sein_regie_signed_schema) \
    X(77, sein_release_schema) \
    X(78, sein_release_signed_schema)
/* clang-format on */

/** The largest struct of any of them. */
#define FUZZ_OBJECT_MAX 1024U

#endif
